"""`python -m sidebyside` is the same as `sidebyside`."""

from sidebyside.cli import main

if __name__ == "__main__":
    main()
