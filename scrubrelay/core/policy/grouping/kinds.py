"""What kind of frame one of a runtime, a system or a framework is: data, as Sentry's default rules know them.

Facts observed from Sentry's defaults for `newstyle:2023-01-11`. One line is one shape, `place#function`: the
place is a module for the JVM and a package (the image a frame is in) for native code; `*` is anything, and in
packages `**` crosses slashes and `*` does not. Of several lines that fit the last one counts.
"""

from functools import cache
from typing import Final

import regex

_JVM: Final = """
system      dalvik.system.*
system      com.android.*
system      com.lenovo.lsf.*
system      com.lenovo.payplus.*
std         java.*
std         com.google.crypto.*
std         com.google.android.*
std         javax.crypto.*
std         android.database.*
std         androidx.*
std         android.*
system      android.os.*
ui          android.view.*
ui          android.text.*
ui          android.widget.*
ui          android.app.Dialog
ui          androidx.*.widget.*
ui          com.google.android.material.*
indirection android.view.*#handleMessage
indirection android.view.*#run
indirection android.text.*#run
indirection android.widget.*#handleMessage
indirection android.widget.*#run
indirection androidx.*.widget.*#handleMessage
indirection androidx.*.widget.*#run
indirection com.google.android.material.*#handleMessage
indirection com.google.android.material.*#run
indirection android.app.Dialog#handleMessage
indirection android.app.Dialog#run
threadbase  android.os.AsyncTask*#call
threadbase  java.util.concurrent.ThreadPoolExecutor*#runWorker
threadbase  android.os.*#call
threadbase  android.app.ActivityThread#main
threadbase  android.view.View#layout
threadbase  android.os.Looper#loop
threadbase  android.os.Handler#dispatchMessage
threadbase  android.os.Handler#handleCallback
threadbase  android.app.ActivityThread*#handleMessage
indirection java.lang.reflect.*
indirection java.lang.Class#getMethod
indirection androidx.work.impl.utils.ForceStopRunnable
telemetry   cn.gundam.sdk.*
telemetry   com.lenovo.payplus.analytics.*
load        java.lang.System#loadLibrary
load        java.lang.Runtime#loadLibrary*
"""
_FRAMEWORKS: Final = (
    "akka", "com.fasterxml", "com.microsoft", "com.sun", "feign", "io.opentelemetry", "io.sentry", "jdk",
    "oauth", "org.apache", "org.glassfish", "org.jboss", "org.jdesktop", "org.postgresql",
    "org.springframework", "org.web3j", "reactor.core", "scala", "sun",
)  # fmt: skip
_NATIVE: Final = """
system      /System/Library/Frameworks/**#
system      C:/Windows/**#
system      /usr/lib/**#
system      #memset
system      #memcpy
system      #__memcpy
system      #memcmp
system      CoreFoundation#
system      Foundation#
system      CFNetwork#
system      IOKit#
system      QuartzCore#
system      IOMobileFramebuffer#
system      libobjc*#
system      libsystem*#
system      /system/**#
system      /vendor/**#
system      libdispatch.dylib#
system      WebKit#
system      **/libart.so#
system      /apex/com.android.*/lib*/**#
std         #boost::*
std         #std::*
ui          UIKit#
ui          UIKitCore#
ui          SwiftUI#
ui          AttributeGraph#
ui          CoreAutoLayout#
ui          GraphicsServices#
ui          #-[NSISEngine*
runtime     #art::jit::*
av          /system/lib/libmedia.so#
av          /System/lib/libaudioclient.so#
av          AudioToolbox*#
av          libAudioToolboxUtility.dylib#
internals   #std::_*
internals   #__swift_*
internals   #block_destroy_helper*
internals   #*_block_invoke*
threadbase  /usr/lib/system/**#start
threadbase  libdyld.dylib#start
threadbase  UIKitCore#UIApplicationMain
threadbase  #wWinMain
threadbase  #invoke_main
threadbase  #BaseThreadInitThunk
threadbase  #RtlUserThreadStart
threadbase  #thread_start
threadbase  #_pthread_start
threadbase  #__pthread_start
threadbase  #_pthread_body
threadbase  #_dispatch_worker_thread2
threadbase  #start_wqthread
threadbase  #_pthread_wqthread
threadbase  #boost::*::thread_proxy
threadbase  /usr/lib/system/libsystem_pthread.dylib#<unknown>
threadbase  UIKit#UIApplicationMain
threadbase  #TppWorkerThread
threadbase  #TppWorkpExecuteCallback
threadbase  #RtlpTpWorkCallback
malloc      **/libsystem_malloc.dylib#
malloc      #malloc
malloc      #malloc_base
malloc      #RtlpAllocateHeapInternal
malloc      #std::*::allocator_traits*
indirection #*::operator()*
indirection #*<lambda>*
indirection #destructor'
indirection #__dynamic_cast
indirection #boost::function*
indirection #boost::_bi::*
indirection #boost::detail::function::functor_manager*
indirection #Array.subscript.*
dtor        #*::{dtor}
dtor        #destructor'
shutdown    #exit
shutdown    #RtlExitUserProcess
shutdown    #ExitProcessImplementation
shutdown    #RtlExitUserThread
handler     #RtlpExecuteHandlerForException
handler     #_sigtramp
handler     #DispatchHookW
handler     #execute_onexit_table
throw       #abort
throw       #raise
throw       #std::terminate
throw       #RtlExitUserThread
throw       #TppRaiseInvalidParameter
throw       #_CxxThrowException
throw       #RaiseException
throw       #RaiseComPlusException
throw       #_CFThrowFormattedException
throw       #objc_exception_throw
throw       #AG::precondition_failure*
driver      C:/WINDOWS/system32/DriverStore/**#
driver      /System/Library/Extensions/AppleIntel*GraphicsGLDriver.bundle/**#
driver      #*CUDA*
driver      **/nvcuda.dll#
driver      C:/Program Files/NVIDIA Corporation/**#
driver      /System/Library/Extensions/GeForceGLDriver.bundle/**#
driver      /System/Library/Extensions/AMDRadeon*/**#
driver      /System/Library/PrivateFrameworks/GPUSupport.framework/**#
driver      libGPUSupportMercury.dylib#
driver      AGXGLDriver#
free        #RtlFreeHeap
free        #RtlFreeUnicodeString
free        #std::_Deallocate
free        #free
free        #objc_release
free        #_swift_release_dealloc
free        #_CFRelease
gl          C:/Windows/SYSTEM32/OPENGL32.dll#
gl          /System/Library/Frameworks/OpenGL.framework/**#
gl          OpenGLES#
gl          GLEngine#
gl          /system/lib/libEGL.so#
gl          **/libGLES*.so#
gl          **/libESXGLES*.so#
gl          /system/lib/libskia.so#
gl          /System/Library/Frameworks/OpenCL.framework/**#
telemetry   /System/Library/PrivateFrameworks/GPUSupport.framework/**#gpusGenerateCrashLog*
telemetry   #gpusKillClientExt
telemetry   #crashpad::*
telemetry   **/libBugly.so#
load        #dlopen
load        #dladdr
load        #ImageLoaderMachO::findClosestSymbol
load        /system/lib/libnativeloader.so#android::OpenNativeLibrary
lock        #pthread_mutex_lock
"""
_LONGEST: Final = 512
"""Characters of a name that are looked at; real ones have fewer, and several `*` need more time for more."""
_GENERATED: Final = frozenset(
    {
        "closure", "Collection.map<T>", "Array.subscript.getter", "Array._getElement",
        "_ArrayBuffer._nativeTypeChecked.getter", "range", "@callee_guaranteed",
    }
)  # fmt: skip
"""What the Swift compiler makes up."""
# A frame of the second kind that one of the first kind called is a detail of it.
_DETAILS: Final = (
    ("free", "system"), ("system", "system"), ("std", "system"), ("std", "std"), ("ui", "ui"),
    ("ui", "system"), ("internals", "system"), ("internals", "ui"), ("load", "system"), ("load", "load"),
    ("throw", "system"), ("runtime", "system"), ("runtime", "runtime"), ("dtor", "dtor"),
)  # fmt: skip
_TOP_ONLY: Final = ("gl", "av", "malloc")
"""Only the outermost of these is of interest."""


def _of_name(glob: str) -> str:
    return regex.escape(glob, special_only=True).replace(r"\*", ".*")


def _of_package(glob: str) -> str:
    """Compile a path; one that does not begin with a slash is looked for at the root too."""
    deep = regex.escape(glob.lower(), special_only=True).replace(r"\*\*", "\0").replace(r"\*", "[^/]*")
    return deep.replace("\0/", "(?:.*/)?").replace("\0", ".*")


@cache  # when the first frame asks: most relays never see one of a phone
def _compiled(table: str, *, packages: bool) -> regex.Pattern[str]:
    shapes = []
    for line in reversed(table.strip().splitlines()):
        kind, shape = line.split(None, 1)
        place, _, function = shape.partition("#")
        where = (_of_package if packages else _of_name)(place) if place else "[^#]*"
        shapes.append(rf"(?P<{kind}>{where}#{_of_name(function) if function else '.*'}\Z)")
    return regex.compile(("/?" if packages else "") + f"(?:{'|'.join(shapes)})")


_FRAMEWORK: Final = tuple(f"{name}." for name in _FRAMEWORKS)


def of_module(module: str, function: str) -> str:
    """Return the kind of a JVM frame; nothing if it has none."""
    found = _compiled(_JVM, packages=False).match(f"{module[:_LONGEST]}#{function[:_LONGEST] or '<unknown>'}")
    return found.lastgroup or "" if found is not None else ""


def of_package(package: str, function: str) -> str:
    """Return the kind of a native frame; nothing if it has none."""
    written = package[:_LONGEST].lower().replace("\\", "/")
    found = _compiled(_NATIVE, packages=True).match(f"{written}#{function[:_LONGEST] or '<unknown>'}")
    return found.lastgroup or "" if found is not None else ""


def is_framework(module: str) -> bool:
    """Whether a JVM module is of a framework that apps build on."""
    return module.startswith(_FRAMEWORK)


def settle(kinds: list[str], functions: list[str]) -> None:
    """Adjust kinds by their neighbours, oldest first; those that are set before `system` is looked at."""
    later = [*kinds[1:], ""]
    kinds[:] = [
        "internals" if one == next_ == "driver" else one for one, next_ in zip(kinds, later, strict=True)
    ]
    for kind in _TOP_ONLY:
        _detail(kinds, kind, kind)
    if "throw" in kinds:  # Windows aborts in _purecall when a pointer is wrong: as if it had crashed before
        for at, function in enumerate(functions[:-1]):
            if function == "_purecall" and kinds[at + 1] == "throw":
                kinds[at + 1] = "internals"
        _detail(kinds, "throw", "throw")


def refine(kinds: list[str], functions: list[str], *, natives: list[bool]) -> None:
    """Adjust kinds by names and neighbours, oldest first, once the app's frames are known."""
    for at, (kind, function) in enumerate(zip(kinds, functions, strict=True)):
        if not natives[at]:
            continue
        name = function or "<unknown>"
        is_hidden = kind == "system" and (name == "<unknown>" or name[0] == "_") and name != "_purecall"
        if is_hidden or name.startswith("_INTERNAL") or name in _GENERATED:
            kinds[at] = "internals"
        elif name.endswith(".cold.1"):
            kinds[at] = "indirection"
    last = len(kinds) - 1
    alone = [
        at
        for at, kind in enumerate(kinds)
        if kind == "system" and 0 < at < last and kinds[at - 1] != "system" and kinds[at + 1] != "system"
    ]
    for at in alone:
        kinds[at] = "indirection"
    for caller, callee in _DETAILS:
        _detail(kinds, caller, callee)


def _detail(kinds: list[str], caller: str, callee: str) -> None:
    if caller in kinds and callee in kinds:
        found = [at for at in range(1, len(kinds)) if kinds[at] == callee and kinds[at - 1] == caller]
        for at in found:
            kinds[at] = "internals"
