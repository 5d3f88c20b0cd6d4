# The program in an image of its own: docker build -t troupe:0.1.0 .
# The first stage has what builds it, the second what it needs to run; tests/scripts/emit.py
# compares the second one's packages with the libraries that the program names.
FROM debian:bookworm-slim AS build
WORKDIR /source
COPY cmake/packages.txt cmake/
RUN apt-get update \
 && awk '$1 == "program" { print $2 }' cmake/packages.txt \
    | xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset program && cmake --build --preset program && strip build/troupe

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    libbz2-1.0 libcaf-core0.17 libcaf-io0.17 libfmt9 libhdf5-103-1 libisal2 libjemalloc2 liblzma5 \
    libprometheus-cpp-core1.0 libspdlog1.10 libssl3 libstdc++6 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 --user-group troupe \
 && install -d -o troupe -g troupe /data
COPY --from=build /source/build/troupe /usr/local/bin/troupe
USER 1000
WORKDIR /data
STOPSIGNAL SIGTERM
CMD ["troupe", "--help"]
