"""What the names of seeded users are made of. Changing a word changes every seeded database."""

_GIVEN = """
    ada aiko alma amir ana anton anya aria arjun asha ben bela bruno carla cecil chen chloe clara dan daria
    david dina diego edda eli elif elsa emil emma erik esra eva farid felix fiona freya georg gina greta hana
    hans hugo ida igor ines ingrid iris ivan jana jan jin joan jonas jora juan julia kai karim kate kenji lara
    lea leo lila lin lola luca luis maja malik mara marco mei mila mina mira nadia nils nina noah nora olga
    omar oscar paula petra priya rafa raj rosa ruth sam sara selma sofia sven tara theo tomas uma vera viktor
    wanda yara yusuf zoe
"""
_SURNAMES = """
    abe adler ahmed almeida ander arora bauer becker berg bianchi blum bose brook castro chan cohen costa
    cruz dahl das diaz dubois eder eklund evans falk farah fischer flores ford frank garcia gomez gray gupta
    haas hahn hall hansen hart haydar hill hirsch holm horvat huang hughes ito ivanov jain jensen jones kaya
    khan kim klein koch kova kruger lang larsen lee lehto lopez lund maier mann martin mehta meyer mori moss
    mueller nagy nair nakano novak nowak okafor olsen ortiz park patel perez petrov popov quist rao reyes
    roth ruiz sato schmidt shah silva singh smit sousa stein suzuki tanaka toth vega vogel wagner walsh wang
    weber wolf wong wood yamada yilmaz zhou
"""
GIVEN = tuple(_GIVEN.split())
SURNAMES = tuple(_SURNAMES.split())
