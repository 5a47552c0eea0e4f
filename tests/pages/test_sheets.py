"""Numbers of a workbook in their formats."""

from __future__ import annotations

import pytest

from sidebyside.pages.sheets import _shown


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (12.5, '"$"#,##0.00', "$12.50"),
        (12.5, "$#,##0.00", "$12.50"),
        (0.995, "0.0%", "99.5%"),
        (1299, "#,##0.00\\ [$€-407]", "1,299.00 €"),
        (9, "_-[$$-409]* #,##0.00_-", "$9.00"),
        (-3.5, "#,##0.00_);[Red](#,##0.00)", "-3.50"),
        (12, '"USD" 0', "USD 12"),
        (3, '0 "users"', "3 users"),
        (5, "General", "5"),
        (1e-7, "0.00E+00", "1e-07"),
        (7, "[h]:mm", "7"),
        (True, "General", "Yes"),
    ],
)
def test_a_number_is_shown_as_the_sheet_shows_it(value, number_format, shown):
    assert _shown(value, number_format) == shown
