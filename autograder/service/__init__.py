"""Takes notebooks over HTTP, grades them as they come, and shows what a feedback page may tell."""
