// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The generated movies.

#include "movie_catalog.h"

#include <utility>

namespace iso::test {

namespace {

using Catalog = std::vector<CatalogMovie>;

template <class Change>
void AddPlain(Catalog* all, const char* name, const Change& change) {
  MovieSpec spec = PlainMovie();
  change(spec);
  all->push_back({name, std::move(spec)});
}

void AddLayouts(Catalog* all) {
  AddPlain(all, "plain", [](MovieSpec&) {});
  AddPlain(all, "moov-last", [](MovieSpec& m) { m.moov_first = false; });
  AddPlain(all, "mdat-64-bit", [](MovieSpec& m) { m.large_mdat = true; });
  AddPlain(all, "mdat-64-bit-moov-last", [](MovieSpec& m) {
    m.large_mdat = true;
    m.moov_first = false;
  });
  AddPlain(all, "moov-64-bit", [](MovieSpec& m) { m.large_moov = true; });
  AddPlain(all, "mdat-to-end", [](MovieSpec& m) { m.mdat_to_end = true; });
  AddPlain(all, "wide-and-filler", [](MovieSpec& m) { m.wide_box = m.filler = true; });
  AddPlain(all, "no-ftyp", [](MovieSpec& m) {
    m.brand.clear();
    m.wide_box = true;
    m.moov_first = false;
  });
  AddPlain(all, "quicktime-brand", [](MovieSpec& m) { m.brand = "qt  "; });
  AddPlain(all, "wide-headers", [](MovieSpec& m) {
    m.wide_mvhd = true;
    for (TrackSpec& t : m.tracks)
      t.wide_headers = true;
  });
  AddPlain(all, "chunks-last-first", [](MovieSpec& m) { m.reverse_chunks = true; });
  AddPlain(all, "not-interleaved", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.chunk_pattern = {100000};
  });
  if (CanCompressMoov()) {
    AddPlain(all, "cmov", [](MovieSpec& m) {
      m.compressed_moov = true;
      m.moov_first = false;
      m.brand = "qt  ";
    });
  }
}

void AddSizes(Catalog* all) {
  AddPlain(all, "co64", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.co64 = true;
  });
  AddPlain(all, "stsz-constant", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks) {
      t.size_form = SizeForm::kStszConstant;
      for (SampleSpec& s : t.samples)
        s.size = 77 * t.id;
    }
  });
  AddPlain(all, "stz2-16", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.size_form = SizeForm::kStz2Short;
  });
  AddPlain(all, "stz2-8", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks) {
      t.size_form = SizeForm::kStz2Byte;
      for (size_t i = 0; i < t.samples.size(); ++i) {
        t.samples[i].size = 1 + static_cast<uint32_t>(i * 37 % 255);
      }
    }
  });
  AddPlain(all, "stz2-4", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks) {
      t.size_form = SizeForm::kStz2Nibble;
      t.samples.pop_back();  // an odd number of samples in one of the tracks
      for (size_t i = 0; i < t.samples.size(); ++i) {
        t.samples[i].size = 1 + static_cast<uint32_t>(i * 7 % 15);
      }
    }
  });
  AddPlain(all, "empty-samples", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks) {
      for (size_t i = 5; i < t.samples.size(); i += 9)
        t.samples[i].size = 0;
    }
  });
  AddPlain(all, "large-sample", [](MovieSpec& m) { m.tracks[0].samples[20].size = 33u << 20; });
}

void AddTimes(Catalog* all) {
  AddPlain(all, "stts-dense", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.stts_dense = true;
  });
  AddPlain(all, "stts-vfr", [](MovieSpec& m) {
    std::vector<SampleSpec>& s = m.tracks[0].samples;
    for (size_t i = 0; i < s.size(); ++i)
      s[i].duration = 15 + static_cast<uint32_t>(i * 13 % 20);
    for (SampleSpec& sample : s)
      sample.cts = 0;
    m.tracks[0].ctts = CttsForm::kNone;
  });
  AddPlain(all, "stts-few-runs", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks) {
      for (size_t i = 0; i < t.samples.size(); ++i) {
        if (i / 20 % 2) t.samples[i].duration += 2;
      }
    }
  });
  AddPlain(all, "stts-short", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.stts_missing = 10;
  });
  AddPlain(all, "ctts-dense", [](MovieSpec& m) { m.tracks[0].ctts_dense = true; });
  AddPlain(all, "ctts-short", [](MovieSpec& m) {
    std::vector<SampleSpec>& s = m.tracks[0].samples;
    m.tracks[0].ctts_missing = 12;
    for (size_t i = s.size() - 12; i < s.size(); ++i)
      s[i].cts = 0;
  });
  AddPlain(all, "ctts-runs", [](MovieSpec& m) {
    std::vector<SampleSpec>& s = m.tracks[0].samples;
    for (size_t i = 0; i < s.size(); ++i)
      s[i].cts = i < 52 ? 24 : 48;
  });
  for (const int version : {0, 1}) {
    for (const bool cslg : {false, true}) {
      std::string name = "ctts-signed-v" + std::to_string(version) + (cslg ? "-cslg" : "");
      AddPlain(all, name.c_str(), [&](MovieSpec& m) {
        TrackSpec& t = m.tracks[0];
        for (SampleSpec& s : t.samples)
          s.cts -= 48;
        t.ctts = version ? CttsForm::kVersion1 : CttsForm::kVersion0;
        if (cslg) t.cslg_shift = 48;
      });
    }
  }
  AddPlain(all, "no-durations", [](MovieSpec& m) {
    m.tracks[0] = VideoTrack(1, 0.2);
    m.tracks[0].ctts = CttsForm::kNone;
    for (SampleSpec& s : m.tracks[0].samples)
      s.duration = s.cts = 0;
  });
  AddPlain(all, "timescale-above-int", [](MovieSpec& m) {
    m.tracks[1].timescale = 3'000'000'000;
    for (SampleSpec& s : m.tracks[1].samples)
      s.duration = 64'000'000;
    m.tracks[1].has_edits = true;
    m.tracks[1].edits = {{3900, 100'000'000, 1}};
  });
  AddPlain(all, "large-timescale", [](MovieSpec& m) {
    TrackSpec& t = m.tracks[0];
    t.timescale = 90'000'000;
    for (SampleSpec& s : t.samples) {
      s.duration = 3'603'601;
      s.cts = s.cts / 24 * 3'603'601;
    }
  });
}

void AddChunksAndSync(Catalog* all) {
  AddPlain(all, "stsc-many-runs", [](MovieSpec& m) {
    m.tracks[0].chunk_pattern = {1, 3, 2, 2, 7, 1, 1, 4};
    m.tracks[1].chunk_pattern = {2, 1, 5, 5, 3};
  });
  AddPlain(all, "stsc-one-per-chunk", [](MovieSpec& m) {
    for (TrackSpec& t : m.tracks)
      t.chunk_pattern = {1};
  });
  AddPlain(all, "two-descriptions", [](MovieSpec& m) {
    TrackSpec& t = m.tracks[0];
    t.entries.push_back(Avc1Entry(160, 90, 30));
    for (size_t i = 52; i < t.samples.size(); ++i)
      t.samples[i].description = 2;
  });
  AddPlain(all, "descriptions-to-and-fro", [](MovieSpec& m) {
    TrackSpec& t = m.tracks[0];
    t.entries.push_back(Avc1Entry(160, 90, 30));
    for (size_t i = 0; i < t.samples.size(); ++i) {
      t.samples[i].description = i / 13 % 2 ? 2 : 1;
    }
  });
  AddPlain(all, "all-sync", [](MovieSpec& m) {
    m.tracks[0].stss = false;
    m.tracks[0].ctts = CttsForm::kNone;
    for (SampleSpec& s : m.tracks[0].samples)
      s = {.size = s.size, .duration = s.duration};
  });
  AddPlain(all, "stps", [](MovieSpec& m) {
    m.tracks[0].stps = true;
    for (size_t i = 13; i < m.tracks[0].samples.size(); i += 26) {
      m.tracks[0].samples[i].partial = true;
    }
  });
  AddPlain(all, "one-sync", [](MovieSpec& m) {
    for (size_t i = 1; i < m.tracks[0].samples.size(); ++i)
      m.tracks[0].samples[i].sync = false;
  });
  AddPlain(all, "audio-with-stss", [](MovieSpec& m) {
    m.tracks[1].stss = true;
    for (size_t i = 0; i < m.tracks[1].samples.size(); ++i)
      m.tracks[1].samples[i].sync = i % 8 == 0;
  });
}

void AddEdits(Catalog* all) {
  for (const int version : {0, 1}) {
    const std::string suffix = "-v" + std::to_string(version);
    AddPlain(all, ("edit-offset" + suffix).c_str(), [&](MovieSpec& m) {
      for (TrackSpec& t : m.tracks) {
        t.has_edits = true;
        t.elst_version = version;
      }
      m.tracks[0].edits = {{3900, 48, 1}};
      m.tracks[1].edits = {{3900, 2112, 1}};
    });
    AddPlain(all, ("edit-empty-first" + suffix).c_str(), [&](MovieSpec& m) {
      m.tracks[1].has_edits = true;
      m.tracks[1].elst_version = version;
      m.tracks[1].edits = {{1500, -1, 1}, {2400, 1024, 1}};
    });
  }
  AddPlain(all, "edit-empty-first-video", [](MovieSpec& m) {
    m.tracks[0].has_edits = true;
    m.tracks[0].edits = {{777, -1, 1}, {3333, 48, 1}};
  });
  AddPlain(all, "edit-cuts-gop", [](MovieSpec& m) {
    m.tracks[0].has_edits = true;
    m.tracks[0].edits = {{2000, 24 * 17 + 48, 1}};
    m.tracks[1].has_edits = true;
    m.tracks[1].edits = {{2000, 1024 * 31 + 100, 1}};
  });
  AddPlain(all, "edit-to-end", [](MovieSpec& m) {
    m.tracks[0].has_edits = true;
    m.tracks[0].edits = {{0, 48, 1}};
  });
  AddPlain(all, "edit-signed-offsets", [](MovieSpec& m) {
    TrackSpec& t = m.tracks[0];
    for (SampleSpec& s : t.samples)
      s.cts -= 48;
    t.ctts = CttsForm::kVersion1;
    t.has_edits = true;
    t.edits = {{4000, 0, 1}};
  });
}

void AddContents(Catalog* all) {
  MovieSpec m4a;
  m4a.brand = "M4A ";
  m4a.tracks = {AudioTrack(1, 3)};
  m4a.udta = ItunesMeta(ByteWriter()
                            .Add(IlstText("\xa9nam", "A title"))
                            .Add(IlstText("\xa9"
                                          "ART",
                                          "An artist"))
                            .Add(IlstText("\xa9"
                                          "alb",
                                          "An album"))
                            .bytes());
  all->push_back({"m4a-tags", m4a});
  for (const char* type : {"sowt", "twos"}) {
    MovieSpec pcm = PlainMovie();
    pcm.brand = "qt  ";
    pcm.tracks[1] = PcmTrack(2, type, 4);
    all->push_back({std::string("pcm-") + type, pcm});
  }
  MovieSpec only_pcm;
  only_pcm.tracks = {PcmTrack(1, "sowt", 3)};
  only_pcm.tracks[0].chunk_pattern = {3000};
  all->push_back({"pcm-long-chunks", only_pcm});
  MovieSpec amr;
  amr.brand = "3gp4";
  amr.tracks = {VideoTrack(1, 2), AudioTrack(2, 2)};
  amr.tracks[0].entries = {VisualEntry("s263", 176, 144)};
  amr.tracks[1].timescale = 8000;
  amr.tracks[1].entries = {AudioEntry("samr", 1, 16, 8000, Box("damr", Bytes(9, uint8_t{1})))};
  for (SampleSpec& s : amr.tracks[1].samples)
    s.duration = 160;
  all->push_back({"3gp", amr});
}

void AddTrackMixes(Catalog* all) {
  AddPlain(all, "with-subtitles", [](MovieSpec& m) { m.tracks.push_back(TextTrack(3, 4)); });
  AddPlain(all, "many-tracks", [](MovieSpec& m) {
    m.tracks.push_back(VideoTrack(7, 3));
    m.tracks.push_back(AudioTrack(5, 4));
    m.tracks.push_back(TextTrack(11, 4));
    TrackSpec meta = TextTrack(12, 4);
    meta.handler = "meta";
    meta.entries = {MettEntry("application/octet-stream")};
    m.tracks.push_back(meta);
  });
  AddPlain(all, "timecode-and-hint", [](MovieSpec& m) {
    TrackSpec tmcd = TextTrack(3, 4), hint = TextTrack(4, 4);
    tmcd.handler = "tmcd";
    tmcd.entries = {PlainEntry("tmcd")};
    hint.handler = "hint";
    hint.entries = {PlainEntry("rtp ")};
    m.tracks.push_back(tmcd);
    m.tracks.push_back(hint);
  });
  AddPlain(all, "unknown-codecs", [](MovieSpec& m) {
    m.tracks[0].entries = {VisualEntry("zzzv", 320, 180)};
    m.tracks[1].entries = {AudioEntry("zzza", 2, 16, 48000)};
  });
  AddPlain(all, "short-audio", [](MovieSpec& m) { m.tracks[1].samples.resize(20); });
  AddPlain(all, "empty-track", [](MovieSpec& m) { m.tracks[1].samples.clear(); });
  MovieSpec single;
  single.tracks = {VideoTrack(1, 0.04)};
  single.tracks[0].entries = {VisualEntry("jpeg", 320, 180)};
  all->push_back({"one-sample", single});
  single.tracks[0].size_form = SizeForm::kStszConstant;
  all->push_back({"one-sample-constant-size", single});
  single.tracks[0].ctts = CttsForm::kNone;
  single.tracks[0].samples[0].cts = 0;
  single.tracks[0].stss = false;
  all->push_back({"one-sample-fewest-tables", single});
  single.tracks[0].samples[0].duration = 0;
  all->push_back({"one-sample-no-duration", single});
  MovieSpec wide_ids;
  wide_ids.tracks = {VideoTrack(70000, 2), AudioTrack(4000000000u, 2)};
  all->push_back({"large-track-ids", wide_ids});
}

}  // namespace

TrackSpec VideoTrack(uint32_t id, double seconds) {
  // Decode order I P B B P B B …: a P-frame is shown three frames after it is decoded.
  static constexpr int32_t kShift[3] = {4, 1, 1};
  TrackSpec t;
  t.id = id;
  t.handler = "vide";
  t.width = 320;
  t.height = 180;
  t.timescale = 600;
  t.entries = {Avc1Entry(320, 180)};
  t.ctts = CttsForm::kVersion0;
  t.stss = true;
  t.chunk_pattern = {5};
  const auto n = static_cast<size_t>(seconds * 25 + 0.5);
  for (size_t i = 0; i < n; ++i) {
    SampleSpec s;
    s.size = 60 + static_cast<uint32_t>(i * 71 % 900);
    s.duration = 24;
    s.sync = i % 13 == 0;
    s.cts = 24 * (s.sync ? 2 : kShift[(i % 13 + 2) % 3]);
    t.samples.push_back(s);
  }
  return t;
}

TrackSpec AudioTrack(uint32_t id, double seconds) {
  TrackSpec t;
  t.id = id;
  t.handler = "soun";
  t.timescale = 48000;
  t.language = "eng";
  t.entries = {Mp4aEntry(2, 48000)};
  t.chunk_pattern = {9};
  const auto n = static_cast<size_t>(seconds * 48000 / 1024 + 0.5);
  for (size_t i = 0; i < n; ++i) {
    t.samples.push_back({.size = 40 + static_cast<uint32_t>(i * 29 % 90), .duration = 1024});
  }
  return t;
}

TrackSpec PcmTrack(uint32_t id, std::string_view type, double seconds) {
  TrackSpec t;
  t.id = id;
  t.handler = "soun";
  t.timescale = 8000;
  t.entries = {AudioEntry(type, 2, 16, 8000)};
  t.size_form = SizeForm::kStszConstant;
  t.chunk_pattern = {1000, 800, 13};
  t.samples.assign(static_cast<size_t>(seconds * 8000), SampleSpec{.size = 4, .duration = 1});
  return t;
}

TrackSpec TextTrack(uint32_t id, double seconds) {
  TrackSpec t;
  t.id = id;
  t.handler = "text";
  t.timescale = 1000;
  t.entries = {Tx3gEntry()};
  t.chunk_pattern = {1};
  const auto n = static_cast<size_t>(seconds);
  for (size_t i = 0; i < n; ++i) {
    const std::string line = i % 2 ? "" : "line " + std::to_string(i);
    t.samples.push_back({.size = static_cast<uint32_t>(2 + line.size()), .duration = 1000});
  }
  t.payload = [](size_t i) { return TextSample(i % 2 ? "" : "line " + std::to_string(i)); };
  return t;
}

MovieSpec PlainMovie() {
  MovieSpec m;
  m.tracks = {VideoTrack(1, 4), AudioTrack(2, 4)};
  return m;
}

std::vector<CatalogMovie> CatalogMovies() {
  Catalog all;
  AddLayouts(&all);
  AddSizes(&all);
  AddTimes(&all);
  AddChunksAndSync(&all);
  AddEdits(&all);
  AddContents(&all);
  AddTrackMixes(&all);
  return all;
}

}  // namespace iso::test
