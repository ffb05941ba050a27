"""CSV on S3-compatible object storage (`via = "csv"`): what is told, in files, whole or not at all."""
