/** A version of the language. */
export type GoVersion = readonly [major: number, minor: number];

/** What a go.mod says of the packages below it. Plain data: it can be handed to another process. */
export interface Module {
  /** What governs timers and loop variables. */
  readonly goVersion: GoVersion;
  /** Whether it is a tool for the command line and no service, by the modules it requires: its processes end soon. */
  readonly isTool: boolean;
}

/** What is taken for granted where there is no go.mod: the semantics of the Go that is current. */
export const defaultModule: Module = { goVersion: [1, 26], isTool: false };

/** Modules that read command lines. */
export const commandLines = /^(?:github\.com\/(?:spf13\/p?flag|spf13\/cobra|urfave\/cli|codegangsta\/cli|mitchellh\/cli|hashicorp\/cli|alecthomas\/(?:kingpin|kong)|jessevdk\/go-flags)|gopkg\.in\/(?:alecthomas\/kingpin|urfave\/cli))(?:\/v\d+|\.v\d+)?$/u;

/** Modules that speak with a person, at a terminal or by opening a browser. */
export const terminals = /^(?:golang\.org\/x\/term|github\.com\/(?:moby\/term|mattn\/go-isatty|chzyer\/readline|manifoldco\/promptui|AlecAivazis\/survey|briandowns\/spinner|charmbracelet\/\w+|cheggaaa\/pb|vbauer\/mpb|schollz\/progressbar|olekukonko\/tablewriter|pterm\/pterm|c-bata\/go-prompt|peterh\/liner|pkg\/browser|cli\/browser|skratchdot\/open-golang))(?:\/v\d+)?$/u;

/** Modules that route requests or publish measurements: a service has one. */
const services = /^(?:github\.com\/(?:prometheus\/client_golang|VictoriaMetrics\/metrics|rcrowley\/go-metrics|(?:hashicorp|armon)\/go-metrics|go-chi\/chi|gorilla\/mux|labstack\/echo|gin-gonic\/gin|gofiber\/fiber|julienschmidt\/httprouter|emicklei\/go-restful|go-openapi\/runtime|urfave\/negroni)|k8s\.io\/apiserver|sigs\.k8s\.io\/controller-runtime|go\.opencensus\.io|go\.opentelemetry\.io\/otel\/exporters\/prometheus)(?:\/v\d+)?$/u;

/** What a go.mod says. Source: https://go.dev/ref/mod#go-mod-file */
export function moduleOf(goMod: string): Module {
  const required = goMod.split('\n').flatMap(requiredIn);
  const isForPeople = required.some((path) => commandLines.test(path) || terminals.test(path));
  return { goVersion: goVersionOf(goMod), isTool: isForPeople && !required.some((path) => services.test(path)) };
}

/** What a line of a go.mod requires, and not for another module only. */
function requiredIn(line: string): readonly string[] {
  const [first = '', second = '', third = ''] = line.trim().split(/\s+/u, 3);
  const [path, version] = first === 'require' ? [second, third] : [first, second];
  return version.startsWith('v') && !line.includes('// indirect') ? [path] : [];
}

/** The `go` line of a go.mod; without one Go itself reads it as go 1.16. */
function goVersionOf(goMod: string): GoVersion {
  // Line by line: an expression that may begin with any white space takes minutes on a text that is made for it.
  for (const line of goMod.split('\n')) {
    const [, major, minor] = /^go\s+(\d+)\.(\d+)/u.exec(line.trim()) ?? [];
    if (major !== undefined) return [Number(major), Number(minor)];
  }
  return [1, 16];
}

/** A module as the configuration's `go` has it, where that names a version. */
export function inVersion(module: Module, go: string | null | undefined): Module {
  return typeof go === 'string' ? { ...module, goVersion: goVersionOf(`go ${go}`) } : module;
}

/** Whether a version is at least `major.minor`. */
export function atLeast(version: GoVersion, major: number, minor: number): boolean {
  return version[0] > major || (version[0] === major && version[1] >= minor);
}
