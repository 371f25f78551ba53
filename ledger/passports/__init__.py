"""Number passports: exports with the sealed entries behind their figures, which anyone can add up without Asora."""
