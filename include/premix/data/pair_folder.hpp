#pragma once

#include <filesystem>
#include <string>

#include "premix/data/pairs.hpp"

namespace premix {

/// Opens a folder in the NBU_PansharpRSData layout: MS_256/NAME.mat (variable imgMS or I_MS, H x W x B) and
/// PAN_1024/NAME.mat (imgPAN, I_PAN or block, R*H x R*W). PairOptions selects other folder names. Names are file names,
/// "7.mat". As in the published code, every file of the MS folder takes part in the split, so a file that is not .mat
/// is an error. Hidden files and folders are ignored. Throws a data Error for an MS without PAN or a PAN without MS,
/// and a usage Error for an unknown value range.
PairSource open_mat_pairs(const std::filesystem::path& folder, const PairOptions& options);

/// Opens a folder of GeoTIFF pairs NAME_ms.tif and NAME_pan.tif (or .tiff, in any case); other files are ignored. If
/// both have a geotransform, the corners must agree within one PAN pixel. Throws a data Error for nodata pixels, alpha
/// bands and masks, and as above.
PairSource open_raster_pairs(const std::filesystem::path& folder, const PairOptions& options);

/// Opens a folder of either kind, or a file of write_pair_file.
PairSource open_pairs(const std::string& path, const PairOptions& options);

}  // namespace premix
