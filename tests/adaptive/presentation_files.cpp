// SPDX-License-Identifier: LGPL-2.1-or-later

#include "presentation_files.h"

#include <sstream>

namespace iso::test {
namespace {

FragmentedSpec SpecOf(const TrackSpec& track) {
  FragmentedSpec spec;
  spec.movie.brand = "iso6";
  spec.movie.tracks = {track};
  spec.fragments = CutFragments(spec, kSegmentSeconds);
  for (FragmentSpec& fragment : spec.fragments) {
    fragment.before = StypBox();
    for (RunSpec& run : fragment.trafs[0].runs)
      run.version = 1;
  }
  return spec;
}

std::string Hex(const Bytes& bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const uint8_t byte : bytes)
    (text += kDigits[byte >> 4]) += kDigits[byte & 15];
  return text;
}

double Seconds(const Rendition& rendition, uint64_t ticks) {
  return static_cast<double>(ticks) / rendition.track().timescale;
}

std::string CodecOf(const Rendition& rendition) {
  const Bytes& avcc = rendition.configuration();
  return rendition.is_video() ? "avc1." + Hex({avcc[1], avcc[2], avcc[3]}) : "mp4a.40.2";
}

}  // namespace

Rendition::Rendition(std::string called, EncodedTrack media, uint32_t bits, const Change& change)
    : name(std::move(called)),
      bitrate(bits),
      configuration_(std::move(media.configuration)),
      spec_(SpecOf(media.track)) {
  if (change) change(&spec_);
  movie_ = BuildFragments(spec_);
}

uint64_t Rendition::SegmentStart(size_t i) const {
  return i < segments() ? movie_.places[i].parts[0].time : MediaDuration(track());
}

uint64_t Rendition::SegmentDuration(size_t i) const {
  return SegmentStart(i + 1) - SegmentStart(i);
}

Bytes Rendition::Part(uint64_t from, uint64_t to) const {
  return Bytes(movie_.bytes.begin() + static_cast<ptrdiff_t>(from),
               movie_.bytes.begin() + static_cast<ptrdiff_t>(to));
}

Bytes Rendition::WholeFile(uint64_t* index_start, uint64_t* index_end) const {
  FragmentedSpec spec = spec_;
  spec.sidx = SidxForm::kFlat;
  const FragmentedMovie movie = BuildFragments(spec);
  *index_start = movie.init_size;
  *index_end = movie.places[0].start;
  return movie.bytes;
}

int Rendition::SampleWith(const Bytes& content) const {
  for (size_t i = 0; i < track().samples.size(); ++i) {
    if (track().samples[i].size == content.size() && SamplePayload(track(), i) == content) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

// DASH: ISO/IEC 23009-1.

namespace {

std::string MpdAround(const Presentation& presentation,
                      const char* profile,
                      const std::string& sets) {
  std::ostringstream mpd;
  mpd << "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\""
      << " profiles=\"urn:mpeg:dash:profile:" << profile << ":2011\""
      << " mediaPresentationDuration=\"PT" << presentation.seconds << "S\""
      << " minBufferTime=\"PT1S\">\n<Period start=\"PT0S\">\n"
      << sets << "</Period>\n</MPD>\n";
  return mpd.str();
}

/// `inside`: what names the segments of a rendition.
template <class Inside>
std::string AdaptationSet(const std::vector<Rendition>& renditions, const Inside& inside) {
  std::ostringstream set;
  const bool video = renditions[0].is_video();
  set << "<AdaptationSet contentType=\"" << (video ? "video" : "audio") << "\" mimeType=\""
      << (video ? "video" : "audio") << "/mp4\" segmentAlignment=\"true\" "
      << "subsegmentAlignment=\"true\" startWithSAP=\"1\" subsegmentStartsWithSAP=\"1\">\n";
  for (const Rendition& rendition : renditions) {
    set << "<Representation id=\"" << rendition.name << "\" bandwidth=\"" << rendition.bitrate
        << "\" codecs=\"" << CodecOf(rendition) << "\"";
    if (video) {
      set << " width=\"" << rendition.track().width << "\" height=\"" << rendition.track().height
          << "\"";
    } else {
      set << " audioSamplingRate=\"" << kSampleRate << "\"";
    }
    set << ">\n" << inside(rendition) << "</Representation>\n";
  }
  set << "</AdaptationSet>\n";
  return set.str();
}

std::string SegmentTemplate(const Rendition& rendition) {
  std::ostringstream text;
  text << "<SegmentTemplate timescale=\"" << rendition.track().timescale
       << "\" initialization=\"$RepresentationID$-init.mp4\""
       << " media=\"$RepresentationID$-$Number$.m4s\" startNumber=\"0\">\n<SegmentTimeline>\n";
  for (size_t i = 0; i < rendition.segments(); ++i) {
    text << "<S t=\"" << rendition.SegmentStart(i) << "\" d=\"" << rendition.SegmentDuration(i)
         << "\"/>\n";
  }
  text << "</SegmentTimeline>\n</SegmentTemplate>\n";
  return text.str();
}

void WriteSegments(const Rendition& rendition,
                   const std::string& folder,
                   const TempDirectory& directory) {
  directory.Write(folder + "/" + rendition.name + "-init.mp4", rendition.Header());
  for (size_t i = 0; i < rendition.segments(); ++i) {
    directory.Write(folder + "/" + rendition.name + "-" + std::to_string(i) + ".m4s",
                    rendition.Segment(i));
  }
}

}  // namespace

std::string DashSegmentName(const Rendition& rendition, size_t segment) {
  return "/dash/" + rendition.name + "-" + std::to_string(segment) + ".m4s";
}

std::string WriteDash(const Presentation& presentation, const TempDirectory& directory) {
  std::string sets;
  for (const auto* renditions : {&presentation.video, &presentation.audio}) {
    sets += AdaptationSet(*renditions, SegmentTemplate);
    for (const Rendition& rendition : *renditions)
      WriteSegments(rendition, "dash", directory);
  }
  directory.Write("dash/presentation.mpd", MpdAround(presentation, "isoff-live", sets));
  return "/dash/presentation.mpd";
}

std::string WriteDashOnDemand(const Presentation& presentation, const TempDirectory& directory) {
  std::string sets;
  for (const auto* renditions : {&presentation.video, &presentation.audio}) {
    sets += AdaptationSet(*renditions, [&](const Rendition& rendition) {
      uint64_t start = 0;
      uint64_t end = 0;
      directory.Write("ondemand/" + rendition.name + ".mp4", rendition.WholeFile(&start, &end));
      std::ostringstream text;
      text << "<BaseURL>" << rendition.name << ".mp4</BaseURL>\n<SegmentBase indexRange=\"" << start
           << "-" << end - 1 << "\"><Initialization range=\"0-" << start - 1
           << "\"/></SegmentBase>\n";
      return text.str();
    });
  }
  directory.Write("ondemand/presentation.mpd", MpdAround(presentation, "isoff-on-demand", sets));
  return "/ondemand/presentation.mpd";
}

// HLS: RFC 8216.

namespace {

std::string MediaPlaylist(const Rendition& rendition) {
  std::ostringstream text;
  text << "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
       << "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\""
       << rendition.name << "-init.mp4\"\n";
  for (size_t i = 0; i < rendition.segments(); ++i) {
    text << "#EXTINF:" << std::fixed << Seconds(rendition, rendition.SegmentDuration(i)) << ",\n"
         << rendition.name << "-" << i << ".m4s\n";
  }
  text << "#EXT-X-ENDLIST\n";
  return text.str();
}

}  // namespace

std::string HlsSegmentName(const Rendition& rendition, size_t segment) {
  return "/hls/" + rendition.name + "-" + std::to_string(segment) + ".m4s";
}

std::string WriteHls(const Presentation& presentation, const TempDirectory& directory) {
  std::ostringstream text;
  text << "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  for (const Rendition& rendition : presentation.audio) {
    text << "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"" << rendition.name
         << "\",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE=\"en\",URI=\"" << rendition.name << ".m3u8\"\n";
  }
  for (const Rendition& rendition : presentation.video) {
    text << "#EXT-X-STREAM-INF:BANDWIDTH=" << rendition.bitrate << ",CODECS=\""
         << CodecOf(rendition) << ",mp4a.40.2\",RESOLUTION=" << rendition.track().width << "x"
         << rendition.track().height << ",AUDIO=\"sound\"\n"
         << rendition.name << ".m3u8\n";
  }
  for (const auto* renditions : {&presentation.video, &presentation.audio}) {
    for (const Rendition& rendition : *renditions) {
      WriteSegments(rendition, "hls", directory);
      directory.Write("hls/" + rendition.name + ".m3u8", MediaPlaylist(rendition));
    }
  }
  directory.Write("hls/presentation.m3u8", text.str());
  return "/hls/presentation.m3u8";
}

// Smooth Streaming: [MS-SSTR]. Its times are in units of 100 ns; its segments have no header.

namespace {

constexpr uint32_t kSmoothTimescale = 10'000'000;

uint64_t SmoothTime(const Rendition& rendition, size_t segment) {
  return rendition.SegmentStart(segment) * kSmoothTimescale / rendition.track().timescale;
}

/// The track with its times in those units.
TrackSpec Rescaled(TrackSpec track) {
  const auto rescale = [from = static_cast<int64_t>(track.timescale)](int64_t ticks) {
    return ticks * static_cast<int64_t>(kSmoothTimescale) / from;
  };
  int64_t time = 0;
  for (SampleSpec& sample : track.samples) {
    const int64_t end = time + sample.duration;
    sample.duration = static_cast<uint32_t>(rescale(end) - rescale(time));
    sample.cts = static_cast<int32_t>(rescale(sample.cts));
    time = end;
  }
  track.timescale = kSmoothTimescale;
  return track;
}

/// Parameter sets, each behind a start code.
std::string CodecPrivateData(const Rendition& rendition) {
  const Bytes& config = rendition.configuration();
  if (!rendition.is_video()) return Hex(config);
  Bytes sets;
  size_t at = 5;
  for (const size_t mask : {0x1f, 0xff}) {
    for (size_t count = config[at++] & mask; count > 0; --count) {
      const size_t size = size_t{config[at]} << 8 | config[at + 1];
      const auto from = config.begin() + static_cast<ptrdiff_t>(at + 2);
      sets.insert(sets.end(), {0, 0, 0, 1});
      sets.insert(sets.end(), from, from + static_cast<ptrdiff_t>(size));
      at += 2 + size;
    }
  }
  return Hex(sets);
}

std::string StreamIndex(const std::vector<Rendition>& renditions) {
  std::ostringstream text;
  const Rendition& first = renditions[0];
  const std::string type = first.is_video() ? "video" : "audio";
  text << "<StreamIndex Type=\"" << type << "\" Name=\"" << type << "\" TimeScale=\""
       << kSmoothTimescale << "\" QualityLevels=\"" << renditions.size() << "\" Chunks=\""
       << first.segments() << "\" Url=\"QualityLevels({bitrate})/Fragments(" << type
       << "={start time})\">\n";
  for (size_t i = 0; i < renditions.size(); ++i) {
    const Rendition& rendition = renditions[i];
    text << "<QualityLevel Index=\"" << i << "\" Bitrate=\"" << rendition.bitrate
         << "\" CodecPrivateData=\"" << CodecPrivateData(rendition) << "\" ";
    if (rendition.is_video()) {
      text << "FourCC=\"H264\" MaxWidth=\"" << rendition.track().width << "\" MaxHeight=\""
           << rendition.track().height << "\"/>\n";
    } else {
      text << "FourCC=\"AACL\" SamplingRate=\"" << kSampleRate
           << "\" Channels=\"2\" BitsPerSample=\"16\" PacketSize=\"4\" AudioTag=\"255\"/>\n";
    }
  }
  for (size_t i = 0; i < first.segments(); ++i) {
    text << "<c n=\"" << i << "\" t=\"" << SmoothTime(first, i) << "\" d=\""
         << SmoothTime(first, i + 1) - SmoothTime(first, i) << "\"/>\n";
  }
  text << "</StreamIndex>\n";
  return text.str();
}

}  // namespace

std::string SmoothSegmentName(const Rendition& rendition, size_t segment) {
  return "/smooth/QualityLevels(" + std::to_string(rendition.bitrate) + ")/Fragments(" +
         (rendition.is_video() ? "video=" : "audio=") +
         std::to_string(SmoothTime(rendition, segment)) + ")";
}

std::string WriteSmooth(const Presentation& presentation, const TempDirectory& directory) {
  std::ostringstream text;
  text << "<?xml version=\"1.0\"?>\n<SmoothStreamingMedia MajorVersion=\"2\" MinorVersion=\"0\""
       << " TimeScale=\"" << kSmoothTimescale << "\" Duration=\""
       << uint64_t{presentation.seconds} * kSmoothTimescale << "\">\n";
  for (const auto* renditions : {&presentation.video, &presentation.audio}) {
    text << StreamIndex(*renditions);
    for (const Rendition& rendition : *renditions) {
      const Rendition smooth(rendition.name,
                             {Rescaled(rendition.track()), rendition.configuration()},
                             rendition.bitrate);
      for (size_t i = 0; i < rendition.segments(); ++i)
        directory.Write(SmoothSegmentName(rendition, i).substr(1), smooth.Segment(i));
    }
  }
  text << "</SmoothStreamingMedia>\n";
  directory.Write("smooth/Manifest", text.str());
  return "/smooth/Manifest";
}

}  // namespace iso::test
