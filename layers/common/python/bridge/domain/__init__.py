"""Values and rules: no boto3, no requests, no clock, no environment."""
