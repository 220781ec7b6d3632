"""`python -m autograder` is the same as the command `autograder`."""

import sys

from .cli.parser import main

sys.exit(main())
