// SPDX-License-Identifier: LGPL-2.1-or-later

#include "http_movies.h"

#include <gtest/gtest.h>

#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "play_compare.h"
#include "seek_rules.h"

namespace iso::test {
namespace {

Bytes Fragmented(SidxForm sidx, int tfra_version) {
  FragmentedSpec spec = PlainFragments();
  spec.sidx = sidx;
  spec.tfra_version = tfra_version;
  return BuildFragments(spec).bytes;
}

}  // namespace

MovieSpec Progressive(bool moov_first) {
  MovieSpec spec = PlainMovie();
  spec.moov_first = moov_first;
  return spec;
}

std::vector<HttpLayout> HttpLayouts() {
  return {
      {"moov_first", [] { return BuildMovie(Progressive(true)); }},
      {"moov_last", [] { return BuildMovie(Progressive(false)); }},
      {"sidx", [] { return Fragmented(SidxForm::kFlat, -1); }},
      {"mfra", [] { return Fragmented(SidxForm::kNone, 1); }},
      {"no_index", [] { return Fragmented(SidxForm::kNone, -1); }},
  };
}

GstElement* HttpSource(const std::string& uri) {
  GstElement* source = gst_element_factory_make("souphttpsrc", nullptr);
  // Nothing else is on the way to a server of the test's own. With a time-out that is not the
  // usual one it shares its session with nobody, and what leaks of that bears its library's name.
  g_object_set(source, "location", uri.c_str(), "proxy", "", "timeout", 30u, nullptr);
  return source;
}

bool SeekTo(Recorder* recorder, int flags, int64_t target) {
  return recorder->Seek(1.0,
                        GST_FORMAT_TIME,
                        GST_SEEK_FLAG_FLUSH | flags,
                        GST_SEEK_TYPE_SET,
                        target,
                        GST_SEEK_TYPE_NONE,
                        -1);
}

void ExpectSeeksToBeRight(Recorder* recorder, const OracleMovie& movie, const Bytes& bytes) {
  const auto rules = SeekRules::For(movie, recorder->pads(), bytes.size());
  ASSERT_TRUE(rules);
  for (const int flags : {GST_SEEK_FLAG_ACCURATE, GST_SEEK_FLAG_KEY_UNIT}) {
    for (const int64_t part : {2, 3, 1, 0}) {
      const int64_t target = rules->end() * part / 4;
      ASSERT_TRUE(SeekTo(recorder, flags, target)) << target;
      ASSERT_TRUE(recorder->WaitFirstBuffers(30)) << target;
      const SeekExpectation expected = rules->Expect(flags, target);
      ExpectNone(rules->Check(expected, recorder->pads(), bytes), std::to_string(target));
    }
  }
}

}  // namespace iso::test
