#pragma once

#include <filesystem>
#include <string>

#include "premix/data/pairs.hpp"

namespace premix {

/// A folder as NBU_PansharpRSData has them: MS_256/NAME.mat (key imgMS or I_MS, H x W x B) and PAN_1024/NAME.mat (key
/// imgPAN, I_PAN or block, R*H x R*W); PairOptions names other folders. Names are those of the files, "7.mat". As in
/// the published code every file of the MS folder counts in the split, so one that is not a .mat file is an error;
/// hidden files ('.' first) and folders are passed over. Throws a data Error where an MS has no PAN or a PAN no MS, and
/// a usage Error where the value range is not known.
PairSource open_mat_pairs(const std::filesystem::path& folder, const PairOptions& options);

/// A folder of GeoTIFF pairs NAME_ms.tif and NAME_pan.tif (or .tiff, in any case); other files are passed over. Where
/// both have a geotransform, the corners must agree within one PAN pixel. Throws a data Error for nodata pixels, alpha
/// bands and masks, and as above.
PairSource open_raster_pairs(const std::filesystem::path& folder, const PairOptions& options);

/// Whichever of these the folder is, or a file written by write_pair_file. A leading "~" is the home folder.
PairSource open_pairs(const std::string& path, const PairOptions& options);

}  // namespace premix
