"""Make what students are given, and refuse what would give an answer away before it is due."""
