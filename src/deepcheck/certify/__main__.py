"""``python -m deepcheck.certify CERTIFICATE --model MODEL``: the checker, without the rest of the package."""

import sys

from deepcheck.certify.checker import main

sys.exit(main())
