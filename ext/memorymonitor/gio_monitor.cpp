// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The desktop's low-memory warnings, through GIO.

#include <atomic>
#include <memory>
#include <mutex>

#include <gio/gio.h>

#include "memory_monitor.h"
#include "watch_thread.h"

namespace iso {
namespace {

constexpr char kName[] = "org.freedesktop.LowMemoryMonitor";
constexpr char kPath[] = "/org/freedesktop/LowMemoryMonitor";
constexpr char kSignal[] = "LowMemoryWarning";

/// Between signals, which come from threads that are not ours, and a sink that may go.
class Relay {
 public:
  explicit Relay(PressureSink* sink) : sink_(sink) {}

  void Warn(uint32_t warning) {
    const std::lock_guard lock(mutex_);
    if (sink_ != nullptr) sink_->Warn(warning);
  }

  /// Waits for a warning that is under way.
  void Close() {
    const std::lock_guard lock(mutex_);
    sink_ = nullptr;
  }

 private:
  std::mutex mutex_;  ///< held while the sink is called
  PressureSink* sink_;
};

using RelayRef = std::shared_ptr<Relay>;

void OnLevel(GMemoryMonitor*, GMemoryMonitorWarningLevel level, gpointer relay) {
  (*static_cast<RelayRef*>(relay))->Warn(static_cast<uint32_t>(level));
}

void OnBusSignal(GDBusConnection*,
                 const gchar*,
                 const gchar*,
                 const gchar*,
                 const gchar*,
                 GVariant* parameters,
                 gpointer relay) {
  if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(y)"))) return;
  guchar level = 0;
  g_variant_get(parameters, "(y)", &level);
  (*static_cast<RelayRef*>(relay))->Warn(level);
}

void FreeRelay(gpointer relay) {
  delete static_cast<RelayRef*>(relay);
}

void FreeRelayOfClosure(gpointer relay, GClosure*) {
  FreeRelay(relay);
}

class GioMonitor final : public PressureSource {
 public:
  explicit GioMonitor(PressureSink* sink)
      : relay_(std::make_shared<Relay>(sink)),
        context_(g_main_context_new()),
        cancellable_(g_cancellable_new()) {}

  ~GioMonitor() override {
    relay_->Close();
    stopping_ = true;
    g_cancellable_cancel(cancellable_);
    g_main_context_wakeup(context_);
    thread_.Join();
    g_object_unref(cancellable_);
    g_main_context_unref(context_);
  }

  bool Start() { return thread_.Start(&GioMonitor::Main, this); }

 private:
  static void Main(void* self) { static_cast<GioMonitor*>(self)->Watch(); }

  void Watch();
  GDBusConnection* Connect() const;

  const RelayRef relay_;
  GMainContext* const context_;
  GCancellable* const cancellable_;
  std::atomic<bool> stopping_{false};
  WatchThread thread_;
};

/// A connection of our own: the one that GIO shares ends the process when the bus goes.
GDBusConnection* GioMonitor::Connect() const {
  gchar* address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, cancellable_, nullptr);
  if (address == nullptr) return nullptr;
  const auto flags =
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
  GDBusConnection* bus =
      g_dbus_connection_new_for_address_sync(address, flags, nullptr, cancellable_, nullptr);
  g_free(address);
  return bus;
}

/// The monitor is one a process and belongs to the application: it is made outside of our
/// context, so that the application's own handlers go on being called where they expect it.
void GioMonitor::Watch() {
  GMemoryMonitor* monitor = g_memory_monitor_dup_default();
  const gulong handler = g_signal_connect_data(monitor,
                                               "low-memory-warning",
                                               G_CALLBACK(OnLevel),
                                               new RelayRef(relay_),
                                               FreeRelayOfClosure,
                                               static_cast<GConnectFlags>(0));
  g_main_context_push_thread_default(context_);
  GDBusConnection* bus = Connect();
  guint subscription = 0;
  if (bus != nullptr) {
    subscription = g_dbus_connection_signal_subscribe(bus,
                                                      kName,
                                                      kName,
                                                      kSignal,
                                                      kPath,
                                                      nullptr,
                                                      G_DBUS_SIGNAL_FLAGS_NONE,
                                                      OnBusSignal,
                                                      new RelayRef(relay_),
                                                      FreeRelay);
  }
  while (!stopping_)
    g_main_context_iteration(context_, TRUE);
  if (bus != nullptr) {
    g_dbus_connection_signal_unsubscribe(bus, subscription);
    g_object_unref(bus);
  }
  while (g_main_context_iteration(context_, FALSE)) {
  }
  g_main_context_pop_thread_default(context_);
  g_signal_handler_disconnect(monitor, handler);
  g_object_unref(monitor);
}

}  // namespace

std::unique_ptr<PressureSource> WatchMemoryMonitor(PressureSink* sink) {
  auto monitor = std::make_unique<GioMonitor>(sink);
  if (!monitor->Start()) return nullptr;
  return monitor;
}

}  // namespace iso
