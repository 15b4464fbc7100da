// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MemoryGovernor: the level of memory pressure, and what each open file may keep at it.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

#include "core/memory/pressure.h"

namespace iso {

/// Meant to be one a process. It has no thread and no clock: its host hands it warnings,
/// and lets it look at the time now and then. Thread-safe; the caller's locks must not be
/// ones that a client takes.
///
/// A warning raises the level at once. As nobody ever says that memory is there again, the
/// level falls by itself, one step after each quiet time without a warning of its own or a
/// higher level. When a warning soon follows a fall, the quiet time doubles, so that a
/// monitor that goes on and on costs nothing after its first words.
class MemoryGovernor {
 public:
  struct Options {
    uint64_t total_bytes = 32u << 20;            ///< for the indexes of all files, at Normal
    int64_t quiet_ns = 30'000'000'000;           ///< of one step down
    int64_t longest_quiet_ns = 480'000'000'000;  ///< a warning within this after a fall counts
                                                 ///< as a relapse, too
  };

  /// An open file. Its functions are called with the governor's lock held, from any thread
  /// that talks to the governor: they must be quick, and not call it back.
  class Client {
   public:
    virtual ~Client() = default;

    /// Keep at most so many bytes from now on.
    virtual void SetAllowance(PressureLevel level, uint64_t bytes) = 0;
  };

  MemoryGovernor();
  explicit MemoryGovernor(const Options& options);
  ~MemoryGovernor();

  MemoryGovernor(const MemoryGovernor&) = delete;
  MemoryGovernor& operator=(const MemoryGovernor&) = delete;

  /// `wanted` is what the file would keep at most at Normal, `level` the least pressure it
  /// is under whatever the system says. Answers with SetAllowance before returning.
  void Join(Client* client, uint64_t wanted, PressureLevel level);

  /// Once it returns, the client is not called any more.
  void Leave(Client* client);

  /// Changes what the client said when it joined.
  void Change(Client* client, uint64_t wanted, PressureLevel level);

  /// A low-memory warning (50, 100, 255) has come at this time.
  void Warn(uint32_t warning, int64_t now_ns);

  /// Lets quiet times end. As good as free while the level is Normal or none is over.
  void Tick(int64_t now_ns) {
    if (now_ns >= next_step_ns_.load(std::memory_order_relaxed)) StepDown(now_ns);
  }

  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }

  /// When the level falls next if no warning comes; INT64_MAX at Normal.
  int64_t next_step_ns() const { return next_step_ns_.load(std::memory_order_relaxed); }

 private:
  struct Member {
    Client* client;
    uint64_t wanted;
    PressureLevel level;
    PressureLevel told_level;
    uint64_t told_bytes;
  };

  Member* Find(Client* client);
  void StepDown(int64_t now_ns);
  void SetLevel(PressureLevel level, int64_t since_ns);
  void Distribute();
  static void Tell(Member* member, PressureLevel level, uint64_t bytes);

  const Options options_;
  std::atomic<PressureLevel> level_{PressureLevel::kNormal};
  std::atomic<int64_t> next_step_ns_{std::numeric_limits<int64_t>::max()};

  std::mutex mutex_;  ///< guards all that follows, and changes of the two above
  std::vector<Member> members_;
  std::array<int64_t, 4> warned_ns_;  ///< when each level was last warned of
  int64_t quiet_ns_;
  int64_t fell_ns_ = std::numeric_limits<int64_t>::min();  ///< when the level last fell
};

/// What a file that wants `bytes` at Normal may have at a level.
constexpr uint64_t BytesAtLevel(PressureLevel level, uint64_t bytes) {
  return bytes >> static_cast<unsigned>(level);
}

}  // namespace iso
