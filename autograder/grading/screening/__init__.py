"""What staff are told of a notebook before anything of it runs."""
