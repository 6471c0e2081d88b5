"""Names that look like names: `mira_holm27`. Changing a word or its place changes every seeded database."""

from __future__ import annotations

import numpy as np

from service.chance import Chance, Numbers

_GIVEN = """
    sara emma lea david maja julia noah mina omar chen ana sofia mila luca jan lara elif juan ivan mira
    clara theo nina marco karim olga priya eva leo mara lin hugo diego nora erik ben chloe amir ruth paula
    emil hana petra daria anton elsa oscar luis kate arjun jonas yusuf felix sam lila ines greta aria viktor
    bruno rosa tomas carla malik nadia raj georg alma kai vera freya hans tara joan ingrid igor ida farid
    selma nils aiko kenji jin wanda esra zoe asha dan iris uma sven lola mei yara rafa bela jana gina jora
    dina fiona anya ada eli edda cecil
"""
_SURNAMES = """
    kim garcia wang khan lee silva singh schmidt novak jensen martin lopez chan ahmed perez mueller petrov
    cohen hansen ito sato patel wong larsen diaz fischer ivanov nair huang yilmaz olsen weber costa park
    shah gomez jones meyer kaya hall wagner reyes tanaka nowak cruz becker das evans ortiz flores suzuki rao
    castro klein gupta ruiz koch hill dubois popov roth kruger berg bauer lund yamada almeida wood zhou jain
    vogel toth horvat ford gray frank hahn nagy mehta wolf sousa bose mori lang arora vega stein walsh holm
    hart okafor bianchi hughes adler farah dahl brook nakano haas mann moss falk eklund eder abe kova ander
    blum lehto maier hirsch haydar quist smit
"""
GIVEN = tuple(_GIVEN.split())
SURNAMES = tuple(_SURNAMES.split())
"""As the given names, the most frequent first."""
STRIDE = 611
"""From one number behind a name to the next: shares no factor with 999, 9999 and 99999, so that all numbers
up to there come before one comes again."""


def usernames(count: int, chance: Chance) -> list[str]:
    """Different names, with numbers up to 999; up to 9999 or more where more users have the same name."""
    both = chance.weighted(_frequencies(GIVEN), count) * len(SURNAMES)
    both += chance.weighted(_frequencies(SURNAMES), count)
    namesakes = np.bincount(both)
    up_to = 10 ** np.maximum(3, [len(str(most)) for most in namesakes.tolist()]) - 1
    start = chance.below(int(up_to.max()), len(namesakes))
    numbers = (start[both] + STRIDE * _nth(both)) % up_to[both] + 1
    names = [f"{given}_{surname}" for given in GIVEN for surname in SURNAMES]
    return [f"{names[name]}{number}" for name, number in zip(both.tolist(), numbers.tolist(), strict=True)]


def _frequencies(names: tuple[str, ...]) -> Numbers:
    """How often each occurs, relative to the others: by Zipf's law, with an exponent of a half.

    These names are the frequent ones only, and among those of a country the last are not rare.
    """
    return (1_000_000 / np.sqrt(np.arange(1, len(names) + 1))).astype(np.int64)


def _nth(values: Numbers) -> Numbers:
    """How many of the same value come before each."""
    order = np.argsort(values, kind="stable")
    counts = np.bincount(values)
    nth = np.empty_like(values)
    nth[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    return nth
