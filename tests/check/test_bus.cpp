// SPDX-License-Identifier: LGPL-2.1-or-later

#include "test_bus.h"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include <gio/gio.h>

namespace iso::test {
namespace {

constexpr char kName[] = "org.freedesktop.LowMemoryMonitor";
constexpr char kPath[] = "/org/freedesktop/LowMemoryMonitor";

constexpr char kInterface[] =
    "<node><interface name='org.freedesktop.LowMemoryMonitor'>"
    "<signal name='LowMemoryWarning'><arg name='level' type='y'/></signal>"
    "</interface></node>";

GDBusConnection* service = nullptr;
int fifo = -1;

/// What the signal's owner does: has the name, and answers who asks what it is.
GDBusConnection* Serve(const char* address) {
  const auto flags =
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
  GDBusConnection* bus =
      g_dbus_connection_new_for_address_sync(address, flags, nullptr, nullptr, nullptr);
  if (bus == nullptr) return nullptr;
  GDBusNodeInfo* node = g_dbus_node_info_new_for_xml(kInterface, nullptr);
  const GDBusInterfaceVTable nothing = {};
  g_dbus_connection_register_object(
      bus, kPath, node->interfaces[0], &nothing, nullptr, nullptr, nullptr);
  g_dbus_node_info_unref(node);
  GVariant* reply = g_dbus_connection_call_sync(bus,
                                                "org.freedesktop.DBus",
                                                "/org/freedesktop/DBus",
                                                "org.freedesktop.DBus",
                                                "RequestName",
                                                g_variant_new("(su)", kName, 0u),
                                                nullptr,
                                                G_DBUS_CALL_FLAGS_NONE,
                                                -1,
                                                nullptr,
                                                nullptr);
  if (reply != nullptr) g_variant_unref(reply);
  return bus;
}

/// Lives as long as the tests of the program do.
class Surroundings final : public testing::Environment {
 public:
  void SetUp() override {
    MakeFifo();
    gchar* daemon = g_find_program_in_path("dbus-daemon");
    if (daemon == nullptr) return;
    g_free(daemon);
    bus_ = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(bus_);
    const char* address = g_test_dbus_get_bus_address(bus_);
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
    context_ = g_main_context_new();
    serving_ = std::thread([this, address = std::string(address)] {
      g_main_context_push_thread_default(context_);
      service = Serve(address.c_str());
      ready_ = true;
      while (!done_)
        g_main_context_iteration(context_, TRUE);
      g_main_context_pop_thread_default(context_);
    });
    while (!ready_)
      g_usleep(1000);
  }

  void TearDown() override {
    unlink(path_.c_str());
    if (bus_ == nullptr) return;
    done_ = true;
    g_main_context_wakeup(context_);
    serving_.join();
    g_clear_object(&service);
    KeepProcess();
    g_test_dbus_stop(bus_);
    g_object_unref(bus_);
  }

 private:
  void MakeFifo() {
    path_ = std::string(g_get_tmp_dir()) + "/isodemux-pressure-" + std::to_string(getpid());
    if (mkfifo(path_.c_str(), 0600) != 0) return;
    fifo = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    g_setenv("ISODEMUX_PRESSURE_FILE", path_.c_str(), TRUE);
  }

  /// The connection that GIO's monitor shares would end the process with the bus.
  static void KeepProcess() {
    GDBusConnection* shared = g_bus_get_sync(G_BUS_TYPE_SYSTEM, nullptr, nullptr);
    if (shared == nullptr) return;
    g_dbus_connection_set_exit_on_close(shared, FALSE);
    g_object_unref(shared);
  }

  std::string path_;
  GTestDBus* bus_ = nullptr;
  GMainContext* context_ = nullptr;
  std::thread serving_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> done_{false};
};

const auto* const kSurroundings = testing::AddGlobalTestEnvironment(new Surroundings);

}  // namespace

bool TestBus::Available() {
  return service != nullptr;
}

const char* TestBus::WhyNot() {
  return "dbus-daemon is not installed";
}

void TestBus::Warn(uint8_t level) {
  g_dbus_connection_emit_signal(
      service, nullptr, kPath, kName, "LowMemoryWarning", g_variant_new("(y)", level), nullptr);
}

void WritePressure(uint8_t warning) {
  if (write(fifo, &warning, 1) != 1) g_usleep(1000);  // full: it is being read
}

}  // namespace iso::test
