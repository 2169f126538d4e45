"""The small programs a sandbox runs beside the deployed code: standard library only, started without site-packages."""
