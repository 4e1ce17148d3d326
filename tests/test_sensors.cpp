#include "premix/data/sensors.hpp"

#include <cmath>
#include <initializer_list>
#include <set>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

using namespace premix;

TEST_CASE("a sensor is found by name and alias, regardless of case and punctuation", "[sensors]") {
  for (const char* name : {"WorldView-2", "wv2", "WV2", "worldview 2", "WORLDVIEW_2"})
    CHECK(find_sensor(name).name == "WorldView-2");
  CHECK(find_sensor("gf").name == "Gaofen-1");
  CHECK(find_sensor("etm+").name == "Landsat-7 ETM+");
  CHECK(find_sensor("landsat-8").name == "Landsat-8 OLI");
}

TEST_CASE("every name and alias in the sensor table finds its own row, and rows are complete", "[sensors]") {
  for (const Sensor& sensor : sensors()) {
    INFO(sensor.name);
    CHECK(&find_sensor(sensor.name) == &sensor);
    for (const auto alias : sensor.aliases) CHECK(&find_sensor(alias) == &sensor);
    CHECK((sensor.ratio == 2 || sensor.ratio == 4));
    CHECK(sensor.mtf_gains.size() == sensor.bands.size());
    for (const double gain : sensor.mtf_gains) CHECK((gain > 0.2 && gain < 0.4));
    CHECK((sensor.pan_mtf_gain > 0.1 && sensor.pan_mtf_gain < 0.2));
    CHECK(std::set(sensor.bands.begin(), sensor.bands.end()).size() == sensor.bands.size());
  }
}

TEST_CASE("two names are the same sensor if they are names of one row, or of an unknown sensor spelled alike",
          "[sensors]") {
  CHECK(same_sensor("L8", "Landsat-8 OLI"));
  CHECK(same_sensor("wv2", "WorldView 2"));
  CHECK(same_sensor("My-Sat", "mysat"));
  CHECK_FALSE(same_sensor("L8", "L9"));
  CHECK_FALSE(same_sensor("OLI", "OLI-2"));
  CHECK_FALSE(same_sensor("MySat", "L8"));
}

TEST_CASE("a text mentions a sensor by its name, its alias or its satellite's code", "[sensors]") {
  const auto mentioned = [](const char* text) {
    const Sensor* sensor = mentioned_sensor(text);
    return sensor ? std::string(sensor->name) : "";
  };
  CHECK(mentioned("LANDSAT_8 OLI_TIRS") == "Landsat-8 OLI");
  CHECK(mentioned("LANDSAT_9 OLI_TIRS") == "Landsat-9 OLI-2");
  CHECK(mentioned("LC08_L1TP_023037_20200101_02_T1_B8.TIF") == "Landsat-8 OLI");
  CHECK(mentioned("LC09_L1TP_023037_20220101_02_T1_B8.TIF") == "Landsat-9 OLI-2");
  CHECK(mentioned("LE07_L1TP_023037_20010101_02_T1_B8.TIF") == "Landsat-7 ETM+");
  CHECK(mentioned("WV02") == "WorldView-2");
  CHECK(mentioned("scene of WorldView 3, ortho") == "WorldView-3");
  CHECK(mentioned("GF2_PMS1_E113.9.tif") == "Gaofen-2");
  CHECK(mentioned("L8 GF QB IK OLI") == "");  // too vague
  CHECK(mentioned("Landsat-8 and Gaofen-2") == "");
  CHECK(mentioned("LC08x pan.tif") == "");
  CHECK(mentioned("") == "");
}

TEST_CASE("the largest count follows from the bit depth", "[sensors]") {
  CHECK(find_sensor("L7").max_val() == 255);
  CHECK(find_sensor("GF2").max_val() == 1023);
  CHECK(find_sensor("QB").max_val() == 2047);
  CHECK(find_sensor("L8").max_val() == 65535);
}

TEST_CASE("an unknown sensor is an error that lists the known ones", "[sensors]") {
  for (const char* name : {"Sentinel-2", "", "WV"}) {
    const auto message = message_of(ErrorKind::usage, [&] { find_sensor(name); });
    CHECK_THAT(message, contains(concat("'", name, "'")) && contains("Gaofen-1 (GF1)") && contains("Landsat-9 OLI-2"));
  }
}

TEST_CASE("the value range comes from max_val, else from the named sensor, and is never guessed", "[sensors]") {
  CHECK(resolve_max_val(2040.0, std::nullopt) == 2040);
  CHECK(resolve_max_val(std::nullopt, "GF1") == 1023);
  CHECK(resolve_max_val(500.0, "GF1") == 500);
  CHECK(resolve_max_val(500.0, "an unknown one") == 500);
  CHECK_THAT(message_of(ErrorKind::usage, [] { resolve_max_val(std::nullopt, std::nullopt); }),
             contains("max_val (2047"));
  CHECK_THAT(message_of(ErrorKind::usage, [] { resolve_max_val(std::nullopt, "MySat"); }),
             contains("'MySat'") && contains("Set max_val"));
  for (const double bad : std::initializer_list<double>{0.0, -1.0, NAN, INFINITY})
    CHECK_THAT(message_of(ErrorKind::usage, [&] { resolve_max_val(bad, "GF1"); }), contains("above 0"));
}
