// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Translations: _() marks and translates what people read, N_() only marks.

#pragma once

#include "config.h"

#ifdef ENABLE_NLS
#include <glib/gi18n-lib.h>
#else
#undef _
#undef N_
#define _(text) (text)
#define N_(text) (text)
#endif
