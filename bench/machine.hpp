#pragma once

namespace bench {

/// Measures the limits. Adds processor, instruction set, versions and limits to the report.
void add_machine_facts();

}  // namespace bench
