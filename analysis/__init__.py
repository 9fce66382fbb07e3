"""What the traffic means: vocabulary, rules, devices, baselines and the store."""
