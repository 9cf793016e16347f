"""``python -m service`` and the console script ``postausgang``."""

from service.cli import main

if __name__ == "__main__":
    main()
