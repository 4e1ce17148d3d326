#pragma once

// Types that cuDNN's headers require.

enum libraryPropertyType { MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL };
