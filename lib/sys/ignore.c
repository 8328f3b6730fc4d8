/* The default ignore list; see ignore.h. Changes go into leann-chunk(1) too. */
#include "sys/ignore.h"

#include <string.h>

#include "sys/glob.h"

static const char *const vcs[] = {".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS", NULL};

static const char *const dirs[] = {
	"node_modules",
	"bower_components",
	"jspm_packages",
	"__pycache__",
	"site-packages",
	"*.egg-info",
	"DerivedData",
	"Pods",
	"CMakeFiles",
	"cmake-build-*",
	".cache",
	".tox",
	".nox",
	".venv",
	".mypy_cache",
	".pytest_cache",
	".ruff_cache",
	".gradle",
	".terraform",
	".leann",
	NULL,
};

static const char *const build_dirs[] = {"build", "dist",   "out",    "target",
					 "obj",	  "_build", "vendor", NULL};

static const char *const build_files[] = {
	"Makefile", "makefile", "GNUmakefile", "CMakeLists.txt", "meson.build", "configure",
	"package.json", "Cargo.toml", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts",
	"setup.py", "pyproject.toml", "composer.json", "Gemfile", "mix.exs", "rebar.config",
	"dune-project", "stack.yaml", "*.cabal", "*.csproj", "*.sln", NULL,
};

static const char *const markers[] = {"CACHEDIR.TAG", "pyvenv.cfg", NULL};

static const char *const files[] = {
	/* lock files */
	"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
	"Cargo.lock", "poetry.lock", "uv.lock", "Pipfile.lock", "composer.lock", "Gemfile.lock",
	"go.sum", "flake.lock", "mix.lock", "pubspec.lock",
	/* of a distribution's packages: most of its documentation's bytes */
	"changelog.gz", "changelog.Debian.gz", "changelog.Debian.*.gz",
	/* generated */
	"*.min.js", "*.min.mjs", "*.min.css", "*.js.map", "*.css.map", "*~", "#*#",
	NULL,
};

/* Compared without regard to case; one string, a space before and after each. */
static const char media[] =
	" png jpg jpeg gif bmp ico webp tif tiff psd xcf heic avif svg svgz eps ps"
	" mp3 ogg oga opus flac wav m4a aac mid mp4 m4v mkv webm avi mov wmv flv"
	" djvu mobi doc xls ppt"
	" lz lz4 lzma 7z rar jar war whl deb rpm apk dmg iso img "
	"cab o obj a so lib dll dylib exe class pyc pyo pyd beam wasm elc rlib rmeta"
	" ttf otf woff woff2 eot pfb db sqlite sqlite3 mdb parquet npy npz pt pth onnx safetensors "
	"gguf h5 pkl pickle leann mo gmo qm ";

static const char *find(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if ((**patterns == '*' || **patterns == *name) && glob_match(*patterns, name))
			return *patterns;
	return NULL;
}

bool ignore_is_vcs(const char *name)
{
	return find(vcs, name);
}

const char *ignore_dir(const char *name)
{
	return find(dirs, name);
}

const char *ignore_build_dir(const char *name)
{
	return find(build_dirs, name);
}

bool ignore_is_build_file(const char *name)
{
	return find(build_files, name);
}

bool ignore_marks_dir(const char *name)
{
	return find(markers, name);
}

const char *ignore_file(const char *name)
{
	char ext[16] = " ";
	const char *dot = strrchr(name, '.');
	size_t n = dot ? strlen(dot + 1) : 0;
	if (n && n < sizeof ext - 2) {
		for (size_t i = 0; i < n; i++)
			ext[1 + i] = (char)(dot[1 + i] >= 'A' && dot[1 + i] <= 'Z' ? dot[1 + i] + 32
										   : dot[1 + i]);
		ext[n + 1] = ' ';
		ext[n + 2] = 0;
		if (!memchr(ext + 1, ' ', n) && strstr(media, ext))
			return dot;
	}
	return find(files, name);
}
