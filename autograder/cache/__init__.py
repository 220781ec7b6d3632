"""What is known from before: results, kept by digests of all that they depend on."""
