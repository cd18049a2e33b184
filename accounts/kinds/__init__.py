"""The kinds of change of a retail user: one module for each."""

from accounts.kinds import (
    alternate_addresses,
    channels,
    convert_retail_user,
    create_retail_user,
    dealer_mapping,
    declare_values,
    onboarding_profile,
    package,
    participant_codes,
    qvl_templates,
    register_retail_user,
    update_retail_user,
    user_template,
)

#: In the order of the menu on the page of a retail user.
KINDS = (
    create_retail_user.KIND,
    register_retail_user.KIND,
    update_retail_user.KIND,
    declare_values.KIND,
    convert_retail_user.KIND,
    package.KIND,
    user_template.KIND,
    qvl_templates.KIND,
    dealer_mapping.KIND,
    channels.KIND,
    participant_codes.KIND,
    alternate_addresses.KIND,
    onboarding_profile.KIND,
)
