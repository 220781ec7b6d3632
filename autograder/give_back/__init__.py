"""Return marks and pages: fill in a platform's grade file, and name pages as it takes them."""
