"""A coverage-guided fuzzer on what strangers send; what it finds stays as a test."""
