"""The scanners: records, pictures, matcher, SBI client and its simulated devices."""
