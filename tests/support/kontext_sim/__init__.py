"""The hosted services, played byte for byte on this machine: see README.md."""
