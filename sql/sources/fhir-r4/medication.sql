/* FHIR R4 MedicationStatement: drugs of the history whose class is known. */
select * from stated
where drug_class is not null
