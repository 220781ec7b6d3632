"""Takes another root folder and becomes the program that is named there: `change_root.py ROOT
PROGRAM ARGUMENT ...`.
"""

import os
import sys

os.chroot(sys.argv[1])
os.chdir("/")
os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))
