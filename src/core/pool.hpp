#pragma once

#include "premix/core/memory.hpp"

// Memory of each kind of device, selected by tag. CPU: src/core/memory.cpp; GPU: cuda/runtime/memory.cpp.
namespace premix::core {

void* allocate(Cpu, std::size_t bytes);
std::size_t block_bytes(std::size_t bytes);  // of the block that the CPU's pool takes for so many
void deallocate(Cpu, void* block, std::size_t bytes) noexcept;
void zero(Cpu, void* to, std::size_t bytes);
MemoryUse use(Cpu);
void release(Cpu);

void* allocate(Cuda, std::size_t bytes);
void deallocate(Cuda, void* block, std::size_t bytes) noexcept;
void zero(Cuda, void* to, std::size_t bytes);
MemoryUse use(Cuda);
void release(Cuda);

// Copies for every pair of destination and source.
void copy(Cpu, void* to, Cpu, const void* from, std::size_t bytes);
void copy(Cpu, void* to, Cuda, const void* from, std::size_t bytes);
void copy(Cuda, void* to, Cpu, const void* from, std::size_t bytes);
void copy(Cuda, void* to, Cuda, const void* from, std::size_t bytes);

}  // namespace premix::core
