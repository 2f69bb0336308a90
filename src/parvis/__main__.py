"""`python -m parvis` is the command `parvis`."""

import sys

from parvis.cli import main

sys.exit(main())
