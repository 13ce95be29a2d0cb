import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Notice } from "./notify.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

/** The words travel through the environment, never through a script's text, so nothing in them is run. */
const MAC_SCRIPT =
  'display notification (system attribute "NIGHTDESK_TEXT") with title (system attribute "NIGHTDESK_TITLE")';
const WINDOWS_SCRIPT = `
Add-Type -AssemblyName System.Windows.Forms
$icon = New-Object System.Windows.Forms.NotifyIcon
$icon.Icon = [System.Drawing.SystemIcons]::Information
$icon.Visible = $true
$icon.ShowBalloonTip(5000, $env:NIGHTDESK_TITLE, $env:NIGHTDESK_TEXT, 'Info')
Start-Sleep -Milliseconds 4000
$icon.Dispose()
`;

export interface Machine {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  exists(path: string): boolean;
}

interface Command {
  file: string;
  args(notice: Notice): string[];
}

/** How this machine shows a notification; null when it cannot (a server, no desktop session). */
export function findNoticeCommand({ platform, env, exists }: Machine): Command | null {
  if (platform === "darwin") return { file: "/usr/bin/osascript", args: () => ["-e", MAC_SCRIPT] };
  if (platform === "win32") {
    return {
      file: "powershell.exe",
      args: () => ["-NoProfile", "-NonInteractive", "-Command", WINDOWS_SCRIPT],
    };
  }
  if (!env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return null;
  const folder = (env["PATH"] ?? "")
    .split(delimiter)
    .find((dir) => dir !== "" && exists(join(dir, "notify-send")));
  if (folder === undefined) return null;
  return {
    file: join(folder, "notify-send"),
    args: ({ title, text }) => ["--app-name=Nightdesk", "--", title, text],
  };
}

/** Shows notifications the way this machine can. */
export function createDesktopNotice(
  machine: Pick<Machine, "platform" | "env">,
): (notice: Notice) => Promise<void> {
  const command = findNoticeCommand({ ...machine, exists: existsSync });
  if (!command) return async () => {};
  return async (notice) => {
    await run(command.file, command.args(notice), {
      timeout: TIMEOUT_MS,
      windowsHide: true,
      env: { ...pickEnv(machine.env), NIGHTDESK_TITLE: notice.title, NIGHTDESK_TEXT: notice.text },
    });
  };
}

/** A desktop tool needs its session, not the laptop's secrets. */
function pickEnv(env: Machine["env"]): Record<string, string> {
  const names = [
    "PATH",
    "HOME",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "XAUTHORITY",
    "LANG",
    "SystemRoot",
    "TEMP",
    "USERPROFILE",
  ];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
