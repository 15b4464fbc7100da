// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: from tracks to pads: which are exposed, their names, tags, and the stream
// collection.

#include <algorithm>

#include <gst/tag/tag.h>

#include "element/i18n.h"
#include "element/session.h"
#include "element/tags.h"
#include "element/toc.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

/// Frames of raw audio in one buffer at most: under a tenth of a second at 48 kHz.
constexpr uint32_t kRawFrames = 4096;

/// Bytes in it at most, unless one frame has more.
constexpr uint32_t kMostRawBytes = 1 << 20;

/// Frames an audio decoder wants before the first one that is heard: 2, but MPEG-1 and -2
/// audio reaches back further through its bit reservoir. A track that says itself how far back
/// to go (SampleTable::RollDistance) knows better.
constexpr uint32_t kLeadIn = 2;
constexpr uint32_t kMpegAudioLeadIn = 30;

bool IsMpegAudio(const StreamFormat& format) {
  const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
  int version = 0;
  return gst_structure_has_name(caps, "audio/mpeg") &&
         gst_structure_get_int(caps, "mpegversion", &version) && version == 1;
}

uint64_t FrameDuration(const Track& track, uint64_t samples) {
  const Result<Sample> first = track.table->At(0);
  if (!first.ok() || track.media_duration == kTimeMax) return 0;
  return AverageFrameDuration(
      static_cast<uint64_t>(track.media_duration), first->duration, samples, track.timescale);
}

TrackFacts FactsOf(const Track& track) {
  TrackFacts facts;
  facts.handler = track.handler;
  facts.timescale = track.timescale;
  facts.display_width = track.width >> 16;
  facts.display_height = track.height >> 16;
  facts.stereo_video = track.stereo_video;
  const Result<uint64_t> samples = track.samples->SampleCount();
  if (!samples.ok()) return facts;
  facts.frame_duration_ns = FrameDuration(track, *samples);
  facts.still = *samples == 1 && (track.media_duration == 0 || track.media_duration == kTimeMax);
  return facts;
}

/// A tag of newer GStreamers; WebKit tells tracks apart by it.
void AddTrackId(GstTagList* tags, uint32_t id) {
  const GCharPtr text(g_strdup_printf("%u", id));
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, kTrackIdTag, text.get(), nullptr);
}

}  // namespace

TrackOptions OptionsFor(const Track& track, const StreamFormat& format) {
  TrackOptions options;
  options.sparse = format.sparse && !track.in_segments;  // there upstream tells of gaps
  if (format.raw_frame_bytes > 0) {
    const uint32_t constant = track.table->layout().constant_size;
    const auto frame = static_cast<uint32_t>(format.raw_frame_bytes);
    const uint32_t size = track.fragments ? frame : std::max(1u, constant);
    options.max_run = std::clamp(kMostRawBytes / size, 1u, kRawFrames);
  } else if (track.kind == MediaKind::kAudio) {
    options.lead_in = IsMpegAudio(format) ? kMpegAudioLeadIn : kLeadIn;
  }
  return options;
}

/// Pads come in the order of track IDs, whatever the order in the file.
void Session::CreateOutputs() {
  const std::vector<Track>& tracks = demuxer_->movie()->tracks;
  std::vector<size_t> order(tracks.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(
      order.begin(), order.end(), [&](size_t a, size_t b) { return tracks[a].id < tracks[b].id; });
  outputs_.clear();
  for (const size_t index : order) {
    auto output = CreateOutput(index);
    TrackOptions options;
    options.active = output != nullptr;
    if (output) options = OptionsFor(tracks[index], output->first_format());
    demuxer_->SetTrackOptions(index, options);
    if (output) outputs_.push_back(std::move(output));
  }
  PrepareProtection();
}

/// The new outputs take the pads of those `before` that are of the same stream: of the same
/// track, else of the only one of their kind. Returns those that are left.
Session::Outputs Session::TakePads(Outputs before) {
  const auto take = [&](const auto& is_same) {
    for (auto& output : outputs_) {
      const auto old = std::find_if(before.begin(), before.end(), [&](const auto& each) {
        return output->pad() == nullptr && each->family() == output->family() &&
               is_same(*each, *output);
      });
      if (old == before.end()) continue;
      (*old)->GoOnAs(*output, seqnum_);
      output = *old;
      before.erase(old);
    }
  };
  const auto only_one = [](const Outputs& outputs, PadFamily family, bool with_pad) {
    return std::count_if(outputs.begin(), outputs.end(), [&](const auto& each) {
             return each->family() == family && (each->pad() != nullptr) == with_pad;
           }) == 1;
  };
  const std::shared_ptr<const Movie> last = Read().movie;  // its tracks are looked at
  take([](const auto& old, const auto& next) { return old.track().id == next.track().id; });
  take([&](const auto& old, const auto& next) {
    return only_one(before, old.family(), true) && only_one(outputs_, next.family(), false);
  });
  return before;
}

/// Encrypted streams say in their caps how they are to be decrypted, and before their first
/// buffer what DRM systems know of their keys.
void Session::PrepareProtection() {
  const auto events = ProtectionEvents(sink_, demuxer_->movie()->protection_systems);
  for (const auto& output : outputs_) {
    if (output->track().protection == nullptr) continue;
    if (!output->HasProtectionSystem()) {
      const std::string system =
          ChooseProtectionSystem(element_, sink_, events, output->track().id);
      if (!system.empty()) output->SetProtectionSystem(system);
    }
    for (const Ref<GstEvent>& event : events) {
      output->AddProtectionEvent(event);
    }
  }
}

std::shared_ptr<OutputPad> Session::CreateOutput(size_t track_index) {
  const Track& track = demuxer_->movie()->tracks[track_index];
  if (track.kind == MediaKind::kOther) {
    GST_INFO_OBJECT(element_,
                    "track %u with handler '%s' is not for presentation",
                    track.id,
                    track.handler.Text().c_str());
    return nullptr;
  }
  if (IsChapterText(*demuxer_->movie(), track)) {
    GST_INFO_OBJECT(element_, "track %u holds the titles of chapters", track.id);
    return nullptr;
  }
  std::vector<StreamFormat> formats = input_ && input_->media_caps
                                          ? std::vector{FormatOfCaps(input_->media_caps)}
                                          : FormatsOf(track);
  if (!formats.front().caps) return nullptr;
  return std::make_shared<OutputPad>(track, track_index, std::move(formats));
}

std::vector<StreamFormat> Session::FormatsOf(const Track& track) const {
  TrackFacts facts = FactsOf(track);
  const auto& tracks = demuxer_->movie()->tracks;
  const auto video = std::find_if(tracks.begin(), tracks.end(), [](const Track& other) {
    return other.kind == MediaKind::kVideo;
  });
  if (video != tracks.end() && track.kind == MediaKind::kText) {
    facts.video_frame_duration_ns = FactsOf(*video).frame_duration_ns;
  }
  std::vector<StreamFormat> formats;
  for (const SampleDescription& description : track.descriptions) {
    formats.push_back(DescribeStream(description, facts));
  }
  return formats;
}

/// Chapters go out as an event on each pad, and to the bus. What is pushed comes only once, and to
/// read each title from a slow source takes a request: there those among the media are left to it.
Status Session::ReadToc() {
  const Movie& movie = *demuxer_->movie();
  ISO_TRY(const std::vector<Chapter> chapters, ReadChapters(movie, options_.few_reads ? nullptr : pull_.get(), Limits()));
  toc_ = MakeToc(chapters, movie.duration_ns);
  return {};
}

/// Makes the pads that are missing.
void Session::NameOutputs() {
  output_of_track_.assign(demuxer_->movie()->tracks.size(), nullptr);
  for (const auto& output : outputs_) {
    output_of_track_[output->track_index()] = output.get();
    if (output->pad() != nullptr) continue;
    const PadFamily family = output->family();
    const char* template_name = PadTemplateName(family);
    const GCharPtr name(g_strdup_printf(template_name, pads_named_[family]++));
    GstPadTemplate* pad_template = gst_element_get_pad_template(element_, template_name);
    output->Create(element_, pad_template, name.get());
    gst_pad_set_event_function(output->pad(), functions_.event);
    gst_pad_set_query_function(output->pad(), functions_.query);
    GST_INFO_OBJECT(element_,
                    "track %u is %s: %" GST_PTR_FORMAT,
                    output->track().id,
                    name.get(),
                    static_cast<void*>(output->first_format().caps.get()));
  }
}

void Session::SetTags() {
  const Movie& movie = *demuxer_->movie();
  const FileFacts facts{movie.major_brand, false, movie.creation_time};
  const Ref<GstTagList> global = GlobalTags(movie.metadata, facts);
  for (const auto& output : outputs_) {
    const Track& track = output->track();
    Ref<GstTagList> tags = StreamTags(track.metadata, facts, track.name);
    tags.writable();
    gst_tag_list_insert(tags.get(), output->first_format().tags.get(), GST_TAG_MERGE_KEEP);
    AddLanguage(tags.get(), track.language, track.extended_language);
    AddTrackId(tags.get(), track.id);
    if (track.kind == MediaKind::kVideo) {
      AddOrientation(tags.get(), movie.matrix, track.matrix);
    }
    output->SetTags(std::move(tags));
    output->AddGlobalTags(global);
  }
  for (const auto& output : outputs_) {
    if (toc_) output->SetToc(Ref<GstEvent>::Adopt(gst_event_new_toc(toc_.get(), FALSE)));
  }
  GuessBitrate();
}

/// Where one stream alone does not say its bitrate, it is what the others leave of the file's.
void Session::GuessBitrate() {
  const auto size = source_->size();
  const int64_t duration = demuxer_->end_ns();
  if (!size || duration <= 0 || duration == kTimeMax) return;
  uint64_t rest = gst_util_uint64_scale(*size, 8 * GST_SECOND, static_cast<guint64>(duration));
  OutputPad* silent = nullptr;
  for (const auto& output : outputs_) {
    const PadFamily family = output->first_format().family;
    if (family != PadFamily::kVideo && family != PadFamily::kAudio) continue;
    guint bitrate = 0;
    if (gst_tag_list_get_uint(output->tags(), GST_TAG_BITRATE, &bitrate)) {
      rest -= std::min<uint64_t>(rest, bitrate);
    } else if (silent == nullptr) {
      silent = output.get();
    } else {
      return;
    }
  }
  if (silent == nullptr || rest == 0 || rest > G_MAXUINT) return;
  auto tags = Ref<GstTagList>::Share(silent->tags());
  gst_tag_list_add(
      tags.writable(), GST_TAG_MERGE_KEEP, GST_TAG_BITRATE, static_cast<guint>(rest), nullptr);
  silent->SetTags(std::move(tags));
}

/// Nothing will decode what is encrypted where the system has nothing that decrypts.
void Session::WarnOfEncryption() const {
  const bool encrypted = std::any_of(outputs_.begin(), outputs_.end(), [](const auto& output) {
    return output->first_format().encrypted || output->first_format().unreadable;
  });
  if (!encrypted) return;
  GList* decryptors =
      gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECRYPTOR, GST_RANK_MARGINAL);
  if (decryptors == nullptr) {
    GST_ELEMENT_WARNING(element_,
                        STREAM,
                        DECRYPT,
                        (_("Part of this file is encrypted, and nothing here can decrypt it.")),
                        ("no element of class Decryptor is installed"));
  }
  gst_plugin_feature_list_free(decryptors);
}

/// One from upstream is passed on; otherwise ours goes to the bus before any pad is seen.
///
/// Pushed files have none: parsebin then makes one, and tells it behind its parsers. Those keep
/// ours back until their first frame, and decodebin3 (1.22) reads nothing from a pad before it; so
/// where the file brings half a second of video before any sound, its queue for that would be full
/// and nothing would go on.
void Session::PostCollection(guint group_id) {
  Ref<GstEvent> event =
      Ref<GstEvent>::Adopt(gst_pad_get_sticky_event(sink_, GST_EVENT_STREAM_COLLECTION, 0));
  if (!event && HasOwnCollection()) {
    const GCharPtr upstream(gst_pad_get_stream_id(sink_));
    auto collection = Ref<GstStreamCollection>::Adopt(gst_stream_collection_new(upstream.get()));
    for (const auto& output : outputs_) {
      gst_stream_collection_add_stream(collection.get(),
                                       Ref<GstStream>::Share(output->stream()).release());
    }
    gst_element_post_message(
        element_, gst_message_new_stream_collection(GST_OBJECT(element_), collection.get()));
    event = Ref<GstEvent>::Adopt(gst_event_new_stream_collection(collection.get()));
    gst_event_set_seqnum(event.get(), seqnum_);
  }
  for (const auto& output : outputs_) {
    if (!gst_pad_is_active(output->pad())) {
      gst_pad_set_active(output->pad(), TRUE);
      output->Announce(group_id, seqnum_, HasOwnCollection());
    }
    if (event) gst_pad_push_event(output->pad(), Ref<GstEvent>(event).release());
  }
}

/// Those that are not there yet come before the `retired` ones go, so that a player never has
/// nothing.
void Session::ExposeOutputs(const Outputs& retired) {
  guint group_id = 0;
  const auto upstream =
      Ref<GstEvent>::Adopt(gst_pad_get_sticky_event(sink_, GST_EVENT_STREAM_START, 0));
  if (!upstream || !gst_event_parse_group_id(upstream.get(), &group_id)) {
    group_id = gst_util_group_id_next();
  }
  PostCollection(group_id);
  for (const auto& output : outputs_) {
    if (GST_OBJECT_PARENT(output->pad()) != nullptr) continue;
    gst_element_add_pad(element_, output->pad());  // takes a reference of its own
    const std::lock_guard lock(combiner_lock_);
    gst_flow_combiner_add_pad(combiner_.get(), output->pad());
  }
  for (const auto& output : retired) {
    output->PushEos(seqnum_);
    RemovePad(*output);
  }
  gst_element_no_more_pads(element_);
  if (toc_) {
    gst_element_post_message(element_,
                             gst_message_new_toc(GST_OBJECT(element_), toc_.get(), FALSE));
  }
}

void Session::RemovePad(OutputPad& output) {
  {
    const std::lock_guard lock(combiner_lock_);
    gst_flow_combiner_remove_pad(combiner_.get(), output.pad());
  }
  gst_pad_set_active(output.pad(), FALSE);
  gst_element_remove_pad(element_, output.pad());
}

}  // namespace iso::gst
