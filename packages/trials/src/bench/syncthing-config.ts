export interface SyncthingDevice {
  id: string;
  port: number;
  /** Its own interface; the device's id is the key to it here. */
  guiPort: number;
}

/**
 * Settings of one instance: everything that looks beyond this machine is off, everything else is Syncthing's
 * own default. The fast one looks after 1 s, the least it takes, and does not step back before other programs.
 */
export function syncthingConfig(options: {
  mode: "syncthing" | "syncthing-fast";
  vault: string;
  self: SyncthingDevice;
  devices: readonly SyncthingDevice[];
}): string {
  const { mode, vault, self, devices } = options;
  const isFast = mode === "syncthing-fast";
  const members = devices.map(({ id }) => `<device id="${id}"/>`).join("");
  const addresses = devices
    .map(({ id, port }) => `<device id="${id}"><address>tcp://127.0.0.1:${port}</address></device>`)
    .join("\n  ");
  return `<configuration version="36">
  <folder id="vault" path="${vault}" type="sendreceive" fsWatcherEnabled="true" fsWatcherDelayS="${isFast ? 1 : 10}">${members}</folder>
  ${addresses}
  <gui enabled="true" tls="false"><address>127.0.0.1:${self.guiPort}</address><apikey>${self.id}</apikey></gui>
  <options>
    <listenAddress>tcp://127.0.0.1:${self.port}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled>
    <relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled>
    <startBrowser>false</startBrowser>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
    <urAccepted>-1</urAccepted>
    <crashReportingEnabled>false</crashReportingEnabled>
    <setLowPriority>${isFast ? "false" : "true"}</setLowPriority>
  </options>
</configuration>
`;
}
