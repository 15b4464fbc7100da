// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Ownership of GStreamer's things: Ref for what is reference counted, Unique for what
// has one owner, and guards for mapped buffers and GStreamer's locks. Raw pointers in
// this plugin never own.

#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <gst/gst.h>

#include "core/base/bytes.h"

namespace iso::gst {

/// How a T is counted. GstMiniObject and its kin are named below; any other T is taken
/// for a GObject.
template <class T>
struct RefTraits {
  static void Ref(T* object) { gst_object_ref(object); }

  static void Unref(T* object) { gst_object_unref(object); }

  /// What a constructor hands out may be floating: nobody's until it is sunk.
  static void Own(T* object) {
    if (g_object_is_floating(object)) g_object_ref_sink(object);
  }
};

struct MiniObjectTraits {
  static void Ref(void* object) { gst_mini_object_ref(static_cast<GstMiniObject*>(object)); }

  static void Unref(void* object) { gst_mini_object_unref(static_cast<GstMiniObject*>(object)); }

  static void Own(void*) {}
};

// clang-format off
template <> struct RefTraits<GstMiniObject> : MiniObjectTraits {};
template <> struct RefTraits<GstBuffer> : MiniObjectTraits {};
template <> struct RefTraits<GstBufferList> : MiniObjectTraits {};
template <> struct RefTraits<GstCaps> : MiniObjectTraits {};
template <> struct RefTraits<GstContext> : MiniObjectTraits {};
template <> struct RefTraits<GstEvent> : MiniObjectTraits {};
template <> struct RefTraits<GstMemory> : MiniObjectTraits {};
template <> struct RefTraits<GstMessage> : MiniObjectTraits {};
template <> struct RefTraits<GstQuery> : MiniObjectTraits {};
template <> struct RefTraits<GstSample> : MiniObjectTraits {};
template <> struct RefTraits<GstTagList> : MiniObjectTraits {};
template <> struct RefTraits<GstToc> : MiniObjectTraits {};
template <> struct RefTraits<GstTocEntry> : MiniObjectTraits {};
template <> struct RefTraits<GstUri> : MiniObjectTraits {};

// clang-format on

/// One reference to a T, or none. A raw pointer becomes a Ref only by saying whose
/// reference it is: Adopt takes over the caller's (transfer full), Share takes another
/// one (transfer none).
template <class T>
class Ref {
 public:
  using Traits = RefTraits<T>;

  Ref() = default;

  Ref(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)

  Ref(const Ref& other) : object_(other.object_) {
    if (object_) Traits::Ref(object_);
  }

  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}

  ~Ref() { reset(); }

  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  static Ref Adopt(T* object) {
    if (object) Traits::Own(object);
    return Ref(object);
  }

  static Ref Share(T* object) {
    if (object) Traits::Ref(object);
    return Ref(object);
  }

  T* get() const { return object_; }

  T* operator->() const { return object_; }

  explicit operator bool() const { return object_ != nullptr; }

  /// Gives the reference away, as a transfer-full parameter wants it.
  [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }

  void reset() {
    if (T* object = release()) Traits::Unref(object);
  }

  /// Makes sure that nobody else sees changes: copies when shared. Mini objects only.
  T* writable() {
    static_assert(std::is_base_of_v<MiniObjectTraits, Traits>);
    object_ = reinterpret_cast<T*>(
        gst_mini_object_make_writable(reinterpret_cast<GstMiniObject*>(object_)));
    return object_;
  }

 private:
  explicit Ref(T* object) : object_(object) {}

  T* object_ = nullptr;
};

template <auto fn>
struct CallsOnDelete {
  template <class T>
  void operator()(T* object) const {
    fn(object);
  }
};

/// Sole owner of a T that `fn` frees: Unique<GstStructure, gst_structure_free>.
template <class T, auto fn>
using Unique = std::unique_ptr<T, CallsOnDelete<fn>>;

using GCharPtr = Unique<char, g_free>;  ///< a string from GLib
using UniqueStructure = Unique<GstStructure, gst_structure_free>;

/// A buffer's memory, mapped for the guard's lifetime.
class MapGuard {
 public:
  explicit MapGuard(GstBuffer* buffer, GstMapFlags flags = GST_MAP_READ) : buffer_(buffer) {
    if (!buffer_ || !gst_buffer_map(buffer_, &info_, flags)) buffer_ = nullptr;
  }

  ~MapGuard() {
    if (buffer_) gst_buffer_unmap(buffer_, &info_);
  }

  MapGuard(const MapGuard&) = delete;
  MapGuard& operator=(const MapGuard&) = delete;

  /// False when the buffer could not be mapped; span() is empty then.
  explicit operator bool() const { return buffer_ != nullptr; }

  Bytes span() const { return buffer_ ? Bytes(info_.data, info_.size) : Bytes(); }

  /// For a guard made with GST_MAP_WRITE.
  std::span<uint8_t> writable() const {
    return buffer_ ? std::span<uint8_t>(info_.data, info_.size) : std::span<uint8_t>();
  }

 private:
  GstBuffer* buffer_;
  GstMapInfo info_ = {};
};

/// Holds a pad's stream lock.
class StreamLock {
 public:
  explicit StreamLock(GstPad* pad) : pad_(pad) { GST_PAD_STREAM_LOCK(pad_); }

  ~StreamLock() { GST_PAD_STREAM_UNLOCK(pad_); }

  StreamLock(const StreamLock&) = delete;
  StreamLock& operator=(const StreamLock&) = delete;

 private:
  GstPad* pad_;
};

/// Holds an object's lock.
class ObjectLock {
 public:
  explicit ObjectLock(GstObject* object) : object_(object) { GST_OBJECT_LOCK(object_); }

  ~ObjectLock() { GST_OBJECT_UNLOCK(object_); }

  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;

 private:
  GstObject* object_;
};

}  // namespace iso::gst
