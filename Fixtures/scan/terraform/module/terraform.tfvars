plain = "valkey"
