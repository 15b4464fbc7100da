// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The forms of common encryption that tests go through: every scheme, kind of IV, pattern,
// group and place of the auxiliary information.

#pragma once

#include <string>
#include <vector>

#include "encryption.h"

namespace iso::test {

struct NamedEncryption {
  std::string name;
  EncryptionSpec spec;
};

inline void PrintTo(const NamedEncryption& form, std::ostream* out) {
  *out << form.name;
}

inline std::vector<NamedEncryption> EncryptionForms() {
  std::vector<NamedEncryption> forms;
  const auto add = [&](const char* name) -> EncryptionSpec& {
    return forms.emplace_back(NamedEncryption{name, {}}).spec;
  };
  add("SencPlain");
  add("SencSubsamples").subsamples = true;
  {
    EncryptionSpec& spec = add("SaioSubsamplesUntyped");
    spec.subsamples = true;
    spec.form = RecordForm::kSaio;
    spec.typed = false;
  }
  {
    EncryptionSpec& spec = add("SaioWideConstantSize");
    spec.form = RecordForm::kSaio;
    spec.track.iv_size = 16;
    spec.wide_saio = true;
  }
  {
    EncryptionSpec& spec = add("SaioPerChunk");
    spec.form = RecordForm::kSaioPerChunk;
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("SencAndSaio");
    spec.form = RecordForm::kSencAndSaio;
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("SencWithSizes");
    spec.form = RecordForm::kSencWithSizes;
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("CensPattern");
    spec.scheme = "cens";
    spec.subsamples = true;
    spec.track.iv_size = 16;
    spec.track.crypt = 2;
    spec.track.skip = 3;
  }
  {
    EncryptionSpec& spec = add("Cbc1");
    spec.scheme = "cbc1";
    spec.subsamples = true;
    spec.track.iv_size = 16;
  }
  {
    EncryptionSpec& spec = add("CbcsConstantIv");
    spec.scheme = "cbcs";
    spec.subsamples = true;
    spec.track = {true, 0, 16, 1, 9, 1};
  }
  {
    EncryptionSpec& spec = add("CbcsConstantIvWithoutRecords");
    spec.scheme = "cbcs";
    spec.form = RecordForm::kNone;
    spec.track = {true, 0, 8, 0, 0, 1};
  }
  {
    EncryptionSpec& spec = add("CbcsOwnIv");
    spec.scheme = "cbcs";
    spec.form = RecordForm::kSaio;
    spec.track = {true, 16, 0, 1, 9, 1};
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("Piff");
    spec.form = RecordForm::kPiff;
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("PiffOverride");
    spec.form = RecordForm::kPiffOverride;
  }
  {
    EncryptionSpec& spec = add("PiffCbc");
    spec.scheme = "cbc1";
    spec.form = RecordForm::kPiff;
    spec.track.iv_size = 16;
  }
  {
    EncryptionSpec& spec = add("GroupsOfKeysSenc");
    spec.groups = {{true, 16, 0, 0, 0, 2}, {false, 0, 0, 0, 0, 0}};
    spec.group = [](size_t i) { return static_cast<uint32_t>(i / 3 % 3); };
  }
  {
    EncryptionSpec& spec = add("GroupsOfKeysSencSubsamples");
    spec.groups = {{true, 16, 0, 0, 0, 2}, {false, 0, 0, 0, 0, 0}};
    spec.group = [](size_t i) { return static_cast<uint32_t>(i / 3 % 3); };
    spec.subsamples = true;
    spec.sgpd_version = 0;
  }
  {
    EncryptionSpec& spec = add("ClearLeadSaio");
    spec.groups = {{false, 0, 0, 0, 0, 0}};
    spec.group = [](size_t i) { return i < 20 ? 1u : 0u; };
    spec.form = RecordForm::kSaio;
  }
  {
    EncryptionSpec& spec = add("TrackClearGroupsEncrypted");
    spec.scheme = "cbcs";
    spec.track = {false, 0, 0, 0, 0, 0};
    spec.groups = {{true, 0, 16, 1, 9, 3}, {true, 8, 0, 5, 5, 4}};
    spec.group = [](size_t i) { return static_cast<uint32_t>(i % 3); };
    spec.form = RecordForm::kSaioPerChunk;
    spec.subsamples = true;
  }
  {
    EncryptionSpec& spec = add("DefaultGroup");
    spec.groups = {{true, 8, 0, 0, 0, 5}, {true, 8, 0, 0, 0, 6}};
    spec.group = [](size_t i) { return i < 10 ? 1u : 2u; };
    spec.sgpd_version = 2;
    spec.default_group = 2;
  }
  return forms;
}

}  // namespace iso::test
