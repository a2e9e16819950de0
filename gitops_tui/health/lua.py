"""Users' own health scripts, as Argo CD has them (`docs/operator-manual/health.md`): Lua that finds the object in `obj` and
returns a table with `status` and `message`.

They run in a sandbox: tables, strings, math and what walks and converts values are there; files, processes, the network,
`os` (but for its clock), `io`, `debug`, `package`, `require`, `load` and metatables are not. A script may take so many
instructions and so much memory; calls into C that could take long by themselves are bounded too. What goes wrong is said on
that object, as Unknown, and the rest goes on. Needs the extra `lua` (lupa). Not thread-safe: one thread uses an Assessor."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from gitops_tui.health.assess import assess, going
from gitops_tui.health.objects import Obj, clean, word
from gitops_tui.healthscripts import HealthScript
from gitops_tui.model.health import Health, HealthStatus

MISSING: Final = "health scripts need the extra lua: pip install 'gitops-tui[lua]'"
INSTRUCTIONS: Final = 500_000
"""Lua instructions that one run may take: some milliseconds."""
MEMORY: Final = 64 * 1024 * 1024
"""Bytes that a script's own Lua may hold, the object included."""
STRIKES: Final = 10
"""Runs that may end at a limit before a script is given up for this session: each costs everybody time."""
_DEPTH: Final = 100
_NODES: Final = 200_000

_SANDBOX: Final = r"""
local instructions, code = ...
local load, pcall, error, type, tostring = load, pcall, error, type, tostring
local sethook, setupvalue = debug.sethook, debug.setupvalue
local str = string

-- What a pattern or a repetition could cost inside C, where no instruction is counted.
local function bounded(plain, at)
  return function(subject, pattern, ...)
    if type(subject) == "string" and type(pattern) == "string" then
      local wild = 1
      local bare = plain.gsub(pattern, "%%.", "c")
      bare = plain.gsub(bare, "%[.-%]", "c")
      for _ in plain.gmatch(bare, "[%*%+%-]") do wild = wild + 1 end
      local ways = 1.0 -- in how many ways the subject can be cut into that many pieces
      for i = 1, wild do ways = ways * (#subject + i) / i end
      if #subject > 100000 or #pattern > 1000 or ways > 2e9 then
        error("a pattern that could take too long", 2)
      end
    end
    return plain[at](subject, pattern, ...)
  end
end

local plain = { find = str.find, match = str.match, gmatch = str.gmatch, gsub = str.gsub, rep = str.rep }
for _, at in ipairs({ "find", "match", "gmatch", "gsub" }) do str[at] = bounded(plain, at) end
str.rep = function(text, times, between)
  if type(times) == "number" and times > 100000 then error("a repetition that could take too long", 2) end
  return plain.rep(text, times, between)
end
str.dump, str.pack, str.unpack, str.packsize = nil, nil, nil, nil

local function copy(from)
  local to = {}
  for key, value in pairs(from) do to[key] = value end
  return to
end

local library = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, select = select,
  tonumber = tonumber, tostring = tostring, type = type, unpack = table.unpack,
  math = { pow = function(a, b) return a ^ b end },
  table = { concat = table.concat, insert = table.insert, remove = table.remove, sort = table.sort,
            unpack = table.unpack, getn = function(t) return #t end },
  os = { time = os.time, date = os.date, clock = os.clock, difftime = os.difftime },
  actionParams = {},
}
for key, value in pairs(math) do library.math[key] = value end
local modules = { os = true, string = true, table = true, math = true }

local chunk, problem = load(code, "=line", "t", {})
if chunk == nil then return nil, problem end

local function stop()
  sethook()
  error("it takes too long (it was stopped after " .. instructions .. " instructions)", 0)
end

return function(obj)
  local env = copy(library)
  env.math, env.table, env.os, env.string = copy(library.math), copy(library.table), copy(library.os), copy(str)
  env._G = env
  env.require = function(module)
    if modules[module] then return env[module] end
    error("there is no module " .. tostring(module) .. " in the sandbox", 2)
  end
  env.obj = obj
  setupvalue(chunk, 1, env)
  sethook(stop, "", instructions)
  local fine, result = pcall(chunk)
  sethook()
  if not fine then return false, type(result) == "string" and result or "it raised a " .. type(result) end
  if result == nil then return true, "", "" end
  if type(result) ~= "table" then return false, "it returned a " .. type(result) .. ", not a table" end
  local status, message = result.status, result.message
  if status ~= nil and type(status) ~= "string" then return false, "its status is a " .. type(status) end
  return true, status or "", message ~= nil and tostring(message) or ""
end
"""


class ScriptError(Exception):
    """What is wrong with a script, in words."""


class _Script:
    """One script with a Lua of its own, made when it is first needed."""

    def __init__(self, script: HealthScript) -> None:
        self._script = script
        self._run: Callable[[Any], Any] | None = None
        self._lua: Any = None
        self._broken = ""
        self._strikes = 0

    def assess(self, obj: Obj) -> Health:
        try:
            status, message = self._call(obj)
        except ScriptError as error:
            return Health(HealthStatus.UNKNOWN, f"health script of {self._script.name} ({self._script.where}): {error}")
        try:
            return Health(HealthStatus(status), message)
        except ValueError:
            return Health(HealthStatus.UNKNOWN, "Lua returned an invalid health status")

    def _prepare(self) -> None:
        try:
            from lupa import lua54
        except ImportError:
            self._broken = MISSING
            return
        self._lua = lua54.LuaRuntime(
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_nothing,
            max_memory=MEMORY,
            overflow_handler=float,
        )
        made = self._lua.execute(_SANDBOX, INSTRUCTIONS, self._script.code)
        if isinstance(made, tuple):
            self._broken = str(made[1])
        else:
            self._run = made

    def _call(self, obj: Obj) -> tuple[str, str]:
        if self._run is None and not self._broken:
            self._prepare()
        if self._broken or self._run is None:
            raise ScriptError(self._broken)
        _bound(obj)
        try:
            found = self._run(self._lua.table_from(obj, recursive=True))
        except Exception as error:  # lupa passes on errors of many kinds: LuaError, LuaMemoryError, UnicodeError
            self._run = None  # a Lua that ran out of memory is not used again
            self._strike()
            words = "it takes too much memory" if "memory" in str(error).lower() else str(error)
            raise ScriptError(words) from error
        if found[0]:
            return str(found[1]), str(found[2])
        words = str(found[1])
        if "too long" in words or "memory" in words:
            self._run = None if "memory" in words else self._run
            self._strike()
        raise ScriptError("it takes too much memory" if words == "not enough memory" else words)

    def _strike(self) -> None:
        self._strikes += 1
        if self._strikes >= STRIKES:
            self._broken = f"it is not run any more: {STRIKES} times it took too long or too much memory"


def _nothing(obj: object, name: object, setting: bool) -> str:
    raise AttributeError("not in the sandbox")


def _bound(obj: Obj) -> None:
    """Refuses what is too deep or too big to be handed over."""
    waiting: list[tuple[Any, int]] = [(obj, 0)]
    count = 0
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if depth > _DEPTH or count > _NODES:
            raise ScriptError("the object is too deep or too big for it")
        if isinstance(each, Mapping):
            waiting.extend((value, depth + 1) for value in each.values())
        elif isinstance(each, list):
            waiting.extend((value, depth + 1) for value in each)


class Assessor:
    """`assess` with a person's own scripts before it. A script for exactly a kind wins over one for a pattern."""

    def __init__(self, scripts: tuple[HealthScript, ...]) -> None:
        self._exact = {each.name: _Script(each) for each in scripts if "*" not in each.name}
        self._patterns = [(each.name, _Script(each)) for each in scripts if "*" in each.name]

    def __call__(self, obj: Any) -> Health:
        if not isinstance(obj, Mapping) or (script := self._find(obj)) is None or going(obj):
            return assess(obj)
        found = script.assess(obj)
        return Health(found.status, clean(found.message))

    def _find(self, obj: Obj) -> _Script | None:
        group, kind = word(obj, "apiVersion").rpartition("/")[0], word(obj, "kind")
        name = f"{group}/{kind}" if group else kind
        script = self._exact.get(name)
        if script is not None or not self._patterns:
            return script
        return next((each for pattern, each in self._patterns if fnmatch.fnmatchcase(name, pattern)), None)


@lru_cache(maxsize=4)
def assessor(scripts: tuple[HealthScript, ...]) -> Callable[[Any], Health]:
    """How to assess objects under these scripts (`Settings.health_scripts`); the same scripts give the same one."""
    return Assessor(scripts) if scripts else assess
