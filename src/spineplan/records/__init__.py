"""Records of patients (case files, FHIR) to facts."""
