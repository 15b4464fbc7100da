// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Played from nginx, a server that others have written: every sample beside the oracle, and seeks.

#include "nginx.h"

#include <gtest/gtest.h>

#include "http_movies.h"
#include "media_files.h"
#include "play_compare.h"
#include "temp_directory.h"

namespace iso::test {
namespace {

class FromNginx : public testing::TestWithParam<HttpLayout> {
 protected:
  void SetUp() override {
    if (Nginx::Program().empty()) GTEST_SKIP() << "nginx is not installed";
    GstElementFactory* factory = gst_element_factory_find("souphttpsrc");
    if (!factory) GTEST_SKIP() << "souphttpsrc is not installed";
    gst_object_unref(factory);
  }
};

TEST_P(FromNginx, EverySampleAndThenSeeks) {
  const Watchdog watchdog(GetParam().name, 120);
  const Bytes bytes = GetParam().build();
  const TempDirectory directory;
  directory.Write("movie.mp4", bytes);
  const Nginx server(directory.path());
  ASSERT_TRUE(server.ok());
  Recorder recorder(HttpSource(server.Uri("/movie.mp4")));
  recorder.Start("");
  const Outcome outcome = recorder.WaitEos();
  const OracleMovie movie = *ExpandMovie(bytes);
  ExpectNone(ComparePlayed(recorder, outcome, movie, bytes), GetParam().name);
  ExpectSeeksToBeRight(&recorder, movie, bytes);
}

INSTANTIATE_TEST_SUITE_P(Movies, FromNginx, testing::ValuesIn(HttpLayouts()), [](const auto& test) {
  return std::string(test.param.name);
});

}  // namespace
}  // namespace iso::test
