#pragma once

namespace bench {

/// Tells the report what it was measured on: processor, instruction set, versions, and the limits. Measures these.
void add_machine_facts();

}  // namespace bench
