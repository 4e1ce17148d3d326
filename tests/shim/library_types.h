#pragma once

// What cuDNN's headers ask for.

enum libraryPropertyType { MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL };
