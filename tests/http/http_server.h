// SPDX-License-Identifier: LGPL-2.1-or-later
//
// HttpServer: a small HTTP/1.1 server on a free port of the loopback interface, for tests.
// Knows ranges, keeps connections open, and counts what was asked for and sent, by path.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace iso::test {

/// How a server answers for one path.
struct HttpFile {
  std::string path;  ///< on disk
  bool ranges = true;
  bool length = true;  ///< false: the body ends where the connection does; no ranges then
  uint64_t bytes_per_second = 0;  ///< at most, without bursts; 0: as fast as it goes
};

struct HttpCounts {
  size_t requests = 0;
  uint64_t bytes = 0;            ///< of bodies, as far as they went out
  std::vector<uint64_t> starts;  ///< first byte of each request
};

class HttpServer {
 public:
  HttpServer();
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// False where no socket can be opened.
  bool ok() const { return listener_ >= 0; }

  /// `name` starts with a slash.
  void Add(const std::string& name, const HttpFile& file);

  /// Every file below `directory`, found when it is asked for.
  void AddDirectory(const std::string& directory);

  std::string Uri(const std::string& name) const;

  /// Requests for `name` are answered only after Release().
  void Hold(const std::string& name);
  void Release(const std::string& name);

  /// Whether `name` is asked for within this time.
  bool WaitRequested(const std::string& name, double seconds) const;

  HttpCounts Counts(const std::string& name) const;
  void ResetCounts();

  /// Names asked for, in order, with those not found.
  std::vector<std::string> Requests() const;

 private:
  struct Request;
  struct Connection;

  void Accept();
  void Serve(Connection* connection);
  bool Answer(int socket, const Request& request);
  void Count(const Request& request, bool exists, uint64_t start);
  bool SendBody(int socket,
                int file,
                const HttpFile& how,
                uint64_t start,
                uint64_t end,
                const std::string& name);
  bool Find(const std::string& name, HttpFile* file) const;

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread accepter_;

  mutable std::mutex mutex_;  ///< guards all that follows
  mutable std::condition_variable changed_;
  std::set<std::string> held_;
  std::map<std::string, HttpFile> files_;
  std::string directory_;
  std::map<std::string, HttpCounts> counts_;
  std::vector<std::string> requests_;
  std::list<Connection> connections_;
};

}  // namespace iso::test
