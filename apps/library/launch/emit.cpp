#include "apps/library/launch/emit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

#include "apps/library/run_folder.hpp"
#include "apps/library/version.hpp"
#include "base/check.hpp"
#include "runtime/address.hpp"

namespace troupe {
namespace {

using fmt::arg;
using fmt::format;

std::uint32_t slots_of(const Host& host) { return std::max(1U, host.slots); }

std::uint32_t most_slots(const EmitRequest& request) {
  std::uint32_t most = 1;
  for (const Host& host : request.hosts) most = std::max(most, slots_of(host));
  return most;
}

std::uint32_t workers_of(const EmitRequest& request) {
  if (request.config.set_by_user("training.workers"))
    return static_cast<std::uint32_t>(request.config.settings().integer("training.workers"));
  std::uint32_t sum = 0;
  for (const Host& host : request.hosts) sum += slots_of(host);
  return sum;
}

/// What Kubernetes takes for a name.
std::string label(const std::string& name) {
  std::string text;
  for (const char c : plain_name(name))
    text += std::isalnum(static_cast<unsigned char>(c)) != 0
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                : '-';
  while (!text.empty() && text.front() == '-') text.erase(0, 1);
  text = text.substr(0, 40);
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "run" : text;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    result += (line.empty() ? "" : by + line) + "\n";
  return result;
}

constexpr const char* coordinator_unit = R"([Unit]
Description=Troupe coordinator of {name}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=troupe
StateDirectory=troupe
WorkingDirectory=/var/lib/troupe
ExecStart=/usr/local/bin/troupe train /etc/troupe/run.toml -s cluster.listen=0.0.0.0:{port} -s cluster.nodes={nodes} -s training.workers={workers} -s cluster.tls.ca=/etc/troupe/ca.pem -s cluster.tls.certificate=/etc/troupe/{first}.pem -s cluster.tls.key=/etc/troupe/{first}.key --quiet
KillMode=mixed
TimeoutStopSec=45
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
)";

constexpr const char* node_unit = R"([Unit]
Description=Troupe node {host} of {name}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=troupe
StateDirectory=troupe
WorkingDirectory=/var/lib/troupe
ExecStart=/usr/local/bin/troupe node --join {join} --listen {listen} --advertise {address} --slots {slots} --ca /etc/troupe/ca.pem --certificate /etc/troupe/{host}.pem --key /etc/troupe/{host}.key
Restart=on-failure
RestartSec=2
TimeoutStopSec=45
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
)";

std::string address_of(const Host& host) {
  return host.address.empty() ? host.name() : host.address;
}

Address listen_of(const Host& host, std::uint16_t port) {
  const bool v6 = address_of(host).find(':') != std::string::npos;
  const std::string everywhere = v6 ? "::" : "0.0.0.0";
  return {host.listen.empty() ? everywhere : host.listen, static_cast<std::uint16_t>(port + 1)};
}

/// Where the units find the rows: a step of the advice.
std::string data_advice(const EmitRequest& request) {
  const Settings& settings = request.config.settings();
  const std::filesystem::path path = settings.text("data.path");
  const std::string where = (path.is_absolute() ? path : "/var/lib/troupe" / path).string();
  if (settings.text("data.source") == "coordinator")
    return format("on {}, which serves the others: the data file as {}, readable by 'troupe'",
                  request.hosts.front().name(), where);
  return format(
      "on each host: the data file as {}, readable by 'troupe', and the same one; or on "
      "{} alone, with data.source = \"coordinator\" in run.toml, which serves the others",
      where, request.hosts.front().name());
}

Emitted systemd(const EmitRequest& request) {
  const std::string name = plain_name(request.config.settings().text("name"));
  const std::string first = request.hosts.front().name();
  Emitted emitted;
  emitted.files.push_back({"run.toml", request.config_text});
  emitted.files.push_back({"troupe-coordinator.service",
                           format(fmt::runtime(coordinator_unit), arg("name", name),
                                  arg("port", request.port), arg("nodes", request.hosts.size()),
                                  arg("workers", workers_of(request)), arg("first", first))});
  std::string hosts;
  for (const Host& host : request.hosts) {
    emitted.files.push_back(
        {"troupe-node-" + host.name() + ".service",
         format(fmt::runtime(node_unit), arg("name", name), arg("host", host.name()),
                arg("join", text_of(Address{address_of(request.hosts.front()), request.port})),
                arg("listen", text_of(listen_of(host, request.port))),
                arg("address", address_of(host)), arg("slots", slots_of(host)))});
    hosts += " " + host.name();
  }
  emitted.advice =
      "1. troupe keys new keys" + hosts +
      "\n2. on each host: the program as /usr/local/bin/troupe, "
      "a user 'troupe', and in /etc/troupe, readable by that user alone, ca.pem, HOST.pem and "
      "HOST.key\n3. on " +
      first +
      ": run.toml into /etc/troupe, troupe-coordinator.service into "
      "/etc/systemd/system\n4. on each host: its troupe-node-HOST.service into "
      "/etc/systemd/system\n5. " +
      data_advice(request) +
      "\n6. systemctl daemon-reload, then systemctl start; runs lie under /var/lib/troupe/runs "
      "on " +
      first + "\n";
  return emitted;
}

constexpr const char* slurm_script = R"(#!/bin/bash
# Trains {name} over {nodes} hosts. The first one of the job holds the coordinator as well.
#SBATCH --job-name={name}
#SBATCH --nodes={nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task={slots}
#SBATCH --signal=B:TERM@60
set -euo pipefail
cd "${{SLURM_SUBMIT_DIR:-.}}"
troupe=${{TROUPE:-troupe}}
coordinator=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)

# Certificates of this job alone, in a folder that the hosts share.
keys=$(mktemp -d "${{TROUPE_KEYS:-$PWD}}/troupe-keys-XXXXXX")
trap 'rm -rf "$keys"' EXIT
"$troupe" keys new "$keys" job > /dev/null
export troupe keys coordinator

# shellcheck disable=SC2016 # each host fills in its own
srun --kill-on-bad-exit=0 bash -c 'exec "$troupe" node --join "$coordinator:{port}" --listen 0.0.0.0:{node_port} --advertise "${{SLURMD_NODENAME:-$(hostname)}}" --slots {slots} --ca "$keys/ca.pem" --certificate "$keys/job.pem" --key "$keys/job.key"' &
nodes=$!
"$troupe" train run.toml -s cluster.listen=0.0.0.0:{port} -s cluster.nodes={nodes} -s training.workers={workers} -s cluster.tls.ca="$keys/ca.pem" -s cluster.tls.certificate="$keys/job.pem" -s cluster.tls.key="$keys/job.key" --quiet &
train=$!
trap 'kill -TERM "$train"' TERM
code=0
wait "$train" || code=$?
# A trapped signal ends the first wait only.
while kill -0 "$train" 2> /dev/null; do
  code=0
  wait "$train" || code=$?
done
wait "$nodes" || true
exit "$code"
)";

Emitted slurm(const EmitRequest& request) {
  const std::string name = plain_name(request.config.settings().text("name"));
  Emitted emitted;
  emitted.files.push_back({"run.toml", request.config_text});
  emitted.files.push_back(
      {"troupe.sbatch",
       format(fmt::runtime(slurm_script), arg("name", name), arg("nodes", request.hosts.size()),
              arg("slots", most_slots(request)), arg("workers", workers_of(request)),
              arg("port", request.port), arg("node_port", request.port + 1))});
  emitted.advice =
      "1. put the files into a folder that all hosts of the cluster see, the data file where "
      "run.toml "
      "says\n2. there: sbatch troupe.sbatch (TROUPE names the program where it is not in the "
      "PATH)\n"
      "3. runs lie under runs/ in that folder\n";
  return emitted;
}

constexpr const char* k8s_services = R"(---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  run.toml: |
{config}---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    troupe: {name}
    part: coordinator
  ports:
    - name: cluster
      port: {port}
)";

// What both kinds of pods have in common, from their containers' list on.
constexpr const char* k8s_pod_head = R"(---
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}-{part}
spec:
  backoffLimit: {retries}
{count}  template:
    metadata:
      labels:
        troupe: {name}
        part: {part}
    spec:
      restartPolicy: {restart}
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        runAsGroup: 1000
        fsGroup: 1000
      containers:
        - name: troupe
          image: troupe:{version}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: ["ALL"]
)";

constexpr const char* k8s_coordinator = R"(          workingDir: /data
          command:
            - troupe
            - train
            - /etc/troupe/run.toml
            - --set=cluster.listen=0.0.0.0:{port}
            - --set=cluster.nodes={nodes}
            - --set=training.workers={workers}
            - --set=data.source=coordinator
{paths}            - --set=cluster.tls.ca=/keys/ca.pem
            - --set=cluster.tls.certificate=/keys/{name}.pem
            - --set=cluster.tls.key=/keys/{name}.key
            - --quiet
          volumeMounts:
            - name: data
              mountPath: /data
            - name: config
              mountPath: /etc/troupe
            - name: keys
              mountPath: /keys
            - name: scratch
              mountPath: /tmp
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: {name}-data
        - name: config
          configMap:
            name: {name}
)";

constexpr const char* k8s_node = R"(          env:
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
            - name: XDG_CACHE_HOME
              value: /tmp
          command:
            - troupe
            - node
            - --join={name}:{port}
            - --listen=0.0.0.0:{node_port}
            - --advertise=$(POD_IP)
            - --slots={slots}
            - --ca=/keys/ca.pem
            - --certificate=/keys/{name}.pem
            - --key=/keys/{name}.key
          resources:
            requests:
              cpu: "{slots}"
          volumeMounts:
            - name: keys
              mountPath: /keys
            - name: scratch
              mountPath: /tmp
      volumes:
)";

constexpr const char* k8s_volumes = R"(        - name: keys
          secret:
            secretName: {name}-keys
            defaultMode: 0440
        - name: scratch
          emptyDir: {{}}
)";

/// The data files lie at the root of the claim.
std::string k8s_paths(const Config& config) {
  std::string lines;
  for (const char* key : {"data.path", "data.test"}) {
    const std::string path = config.has(key) ? config.settings().text(key) : "";
    if (!path.empty())
      lines += format("            - --set={}=/data/{}\n", key,
                      std::filesystem::path(path).filename().string());
  }
  return lines;
}

Emitted k8s(const EmitRequest& request) {
  const std::string name = label(request.config.settings().text("name"));
  const auto filled = [&](const char* text, const std::string& part, const std::string& count) {
    return format(fmt::runtime(text), arg("name", name), arg("part", part), arg("count", count),
                  arg("version", version()), arg("port", request.port),
                  arg("node_port", request.port + 1), arg("nodes", request.hosts.size()),
                  arg("workers", workers_of(request)), arg("slots", most_slots(request)),
                  arg("retries", part == "node" ? 100 : 0),
                  arg("restart", part == "node" ? "OnFailure" : "Never"),
                  arg("paths", k8s_paths(request.config)),
                  arg("config", indented(request.config_text, "    ")));
  };
  const std::string count =
      format("  completions: {0}\n  parallelism: {0}\n", request.hosts.size());
  Emitted emitted;
  emitted.files.push_back(
      {"troupe.yaml", filled(k8s_services, "", "") + filled(k8s_pod_head, "coordinator", "") +
                          filled(k8s_coordinator, "", "") + filled(k8s_volumes, "", "") +
                          filled(k8s_pod_head, "node", count) + filled(k8s_node, "", "") +
                          filled(k8s_volumes, "", "")});
  emitted.advice = format(
      "1. docker build -t troupe:{1} . in the source, and the image to where the cluster finds it\n"
      "2. troupe keys new keys {0}; kubectl create secret generic {0}-keys --from-file=keys/ca.pem "
      "--from-file=keys/{0}.pem --from-file=keys/{0}.key\n"
      "3. a persistent volume claim {0}-data with the data file at its root; runs lie there, too\n"
      "4. kubectl apply -f troupe.yaml; kubectl logs -f job/{0}-coordinator\n",
      name, version());
  return emitted;
}

}  // namespace

Emitted emit(const std::string& kind, const EmitRequest& request) {
  if (kind == "systemd") return systemd(request);
  if (kind == "slurm") return slurm(request);
  TROUPE_CHECK(kind, ==, "k8s");
  return k8s(request);
}

}  // namespace troupe
